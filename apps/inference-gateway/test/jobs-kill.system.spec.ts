import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptedJob, jobAnswer, jobEvent } from '@touchstone/contracts/http/jobs';
import { waitUntil } from '@touchstone/testing';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayFixture } from './support/gateway-fixture.js';
import { GatewayProcess } from './support/gateway-process.js';
import { digitsBody } from './support/paid-requests.js';
import { PayingClient } from './support/paying-client.js';

const JOBS = 10;
const TARGET = '/v1/models/digits/infer';
const SETTINGS = {
  TOUCHSTONE_PAYMENT_MODE: 'x402',
  TOUCHSTONE_JOB_CONCURRENCY: '3',
  TOUCHSTONE_WEBHOOK_SECRET: 'x'.repeat(32),
  TOUCHSTONE_WEBHOOK_ALLOW_INSECURE: 'true',
};

let fixture: GatewayFixture;
let receiver: Server;
const heard: { headers: IncomingHttpHeaders; body: string; status: number }[] = [];

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      // The receiver is down for the first one.
      const status = heard.length === 0 ? 503 : 204;
      heard.push({ headers: request.headers, body, status });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
}, 60_000);

afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await fixture.close();
});

function post(gateway: GatewayProcess, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${gateway.url}${TARGET}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** As a receiver verifies it, by the specification alone. */
function isSigned(
  { headers, body }: { headers: IncomingHttpHeaders; body: string },
  secret: string,
): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const signature = createHmac('sha256', key).update(text).digest('base64');
  return headers['webhook-signature'] === `v1,${signature}`;
}

describe('gateways that are killed while they work on jobs', () => {
  it('lose no paid job, charge none twice, and deliver every webhook (R-INFER-5)', async () => {
    const { signer, payments } = fixture;
    const callback = { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook` };
    const body = { ...digitsBody, async: true, callback };
    const jobs = new Map<string, string>();

    // The first one is killed with jobs in the queue and jobs begun, before anything was signed.
    const first = await GatewayProcess.start(fixture, SETTINGS);
    await waitUntil(async () => (await post(first, digitsBody)).status === 402, 15_000);
    const resume = signer.hold('sign-outputs');
    for (let count = 0; count < JOBS; count += 1) {
      const client = new PayingClient();
      const header = await client.headerFor(await post(first, body));
      const taken = await post(first, body, header);
      expect(taken.status).toBe(202);
      const { jobId, webhookSecret } = acceptedJob.parse(await taken.json());
      jobs.set(jobId, webhookSecret as string);
    }
    await waitUntil(() => signer.asked('sign-outputs') >= 3);
    await first.kill();
    resume();
    payments.expireLeases();

    // The second one is killed while money moves.
    const before = payments.transfers;
    const second = await GatewayProcess.start(fixture, SETTINGS);
    await waitUntil(() => payments.transfers - before >= 2, 30_000, 'two settlements');
    await second.kill();
    payments.expireLeases();
    expect(payments.transfers - before).toBeLessThan(JOBS);

    const third = await GatewayProcess.start(fixture, SETTINGS);
    const read = async (id: string) =>
      jobAnswer.parse(await (await fetch(`${third.url}/v1/jobs/${id}`)).json());
    for (const id of jobs.keys()) {
      await waitUntil(async () => (await read(id)).endedAt !== null, 60_000, 'the end of every job');
      expect(await read(id)).toMatchObject({ status: 'succeeded', problem: null });
    }
    expect(payments.transfers - before).toBe(JOBS);
    const paidTwice = await fixture.rows(
      'SELECT reservation_id FROM gateway.verifications GROUP BY reservation_id HAVING count(*) > 1',
    );
    expect(paidTwice).toEqual([]);
    const states = await fixture.column<string>('SELECT DISTINCT state FROM gateway.verifications');
    expect(states).toEqual(['settled']);
    expect(await fixture.events('evt.v1.inference.output.recorded')).toHaveLength(JOBS);

    await waitUntil(
      async () =>
        (await fixture.column(`SELECT id FROM gateway.jobs WHERE callback_status <> 'delivered'`)).length ===
        0,
      90_000,
      'every webhook',
    );
    const delivered = heard.filter(({ status }) => status === 204);
    for (const [id, secret] of jobs) {
      const mine = delivered.filter((message) => jobEvent.parse(JSON.parse(message.body)).data.jobId === id);
      expect(mine.length).toBeGreaterThanOrEqual(1);
      expect(mine.every((message) => isSigned(message, secret))).toBe(true);
      expect(jobEvent.parse(JSON.parse(mine[0]?.body ?? '')).data.answer).toEqual((await read(id)).answer);
    }
    const [refused] = heard;
    expect(refused?.status).toBe(503);
    expect(delivered.some(({ headers }) => headers['webhook-id'] === refused?.headers['webhook-id'])).toBe(
      true,
    );
    await third.kill();
  }, 240_000);
});

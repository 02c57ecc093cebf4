import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { connect, digitsMessage } from './support/grpc-requests.js';
import { digitsBody } from './support/paid-requests.js';
import { headerOf, PayingClient } from './support/paying-client.js';

const PER_MINUTE = 3;

let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({
    TOUCHSTONE_PAYMENT_MODE: 'x402',
    TOUCHSTONE_RATE_LIMIT_PER_MINUTE: String(PER_MINUTE),
    TOUCHSTONE_TRUSTED_PROXIES: '127.0.0.0/8',
  });
}, 60_000);

afterAll(() => fixture?.close());

interface Answered {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: { readonly code?: string; readonly detail?: string };
}

/** Asks as the caller of an address, behind a proxy that is trusted. */
function ask(
  caller: string,
  { method = 'POST', path = '/v1/models/digits/infer', headers = {} as Record<string, string> } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sending = httpRequest(`${gateway.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-forwarded-for': caller, ...headers },
    });
    sending.on('error', reject);
    sending.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode = 0, headers: fields } = response;
        const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Answered['body'];
        resolve({ status: statusCode, headers: fields, body });
      });
    });
    sending.end(method === 'POST' ? JSON.stringify(digitsBody) : undefined);
  });
}

describe('a caller who asks too often', () => {
  it(`is told what is left of ${PER_MINUTE}, and then 429 with Retry-After`, async () => {
    const answers: Answered[] = [];
    for (let count = 0; count <= PER_MINUTE; count += 1) answers.push(await ask('198.51.100.1'));
    expect(answers.map((answer) => answer.status)).toEqual([402, 402, 402, 429]);
    expect(answers.map(({ headers }) => headers['ratelimit-policy'])).toEqual(
      new Array(4).fill('"work";q=3;w=60'),
    );
    expect(answers.map(({ headers }) => String(headers['ratelimit']).split(';t=')[0])).toEqual([
      '"work";r=2',
      '"work";r=1',
      '"work";r=0',
      '"work";r=0',
    ]);
    const refused = answers.at(-1);
    expect(refused?.body).toMatchObject({
      code: 'rate-limited',
      detail: expect.stringContaining('More than 3'),
    });
    const seconds = Number(refused?.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(20);
    expect(refused?.headers['ratelimit']).toBe(`"work";r=0;t=${seconds}`);
    // Others are not hindered, nor is he from looking something up.
    expect((await ask('198.51.100.2')).status).toBe(402);
    const read = await ask('198.51.100.1', { method: 'GET', path: '/v1/models/digits' });
    expect([read.status, read.headers['ratelimit-policy']]).toEqual([200, '"reads";q=30;w=60']);
  });

  it('may read ten times as often, and no more', async () => {
    const statuses: number[] = [];
    for (let count = 0; count <= PER_MINUTE * 10; count += 1)
      statuses.push((await ask('198.51.100.3', { method: 'GET', path: '/v1/models/digits' })).status);
    expect(statuses).toEqual([...new Array(PER_MINUTE * 10).fill(200), 429]);
  });

  it('keeps his payment: it is not looked at, and pays when the request is repeated', async () => {
    const client = new PayingClient();
    const challenged = await ask('198.51.100.4');
    const payment = await client.pay(
      client.challengeOf(new Response(null, { headers: challenged.headers as Record<string, string> })),
    );
    for (let count = 1; count < PER_MINUTE; count += 1) await ask('198.51.100.4');
    const headers = headerOf(payment);
    expect((await ask('198.51.100.4', { headers })).status).toBe(429);
    expect(fixture.payments.all()).toEqual([]);
    const paid = await ask('198.51.100.5', { headers });
    expect(paid.status).toBe(200);
    // A repetition of what was answered is counted too, and answered again once there is room.
    const again = [1, 2, 3].map(() => ask('198.51.100.5', { headers }));
    const answers = await Promise.all(again);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 429]);
    const replayed = await ask('198.51.100.6', { headers });
    expect([replayed.status, replayed.headers['idempotent-replayed']]).toEqual([200, 'true']);
    expect(fixture.payments.transfers).toBe(1);
  });

  it('has one allowance over HTTP and gRPC', async () => {
    const client = connect(gateway);
    // Without a proxy between, the caller is the address of the connection itself.
    const refusals: { status: number; info: { reason: string } }[] = [];
    for (let count = 0; count <= PER_MINUTE; count += 1)
      refusals.push((await client.refusal('Infer', digitsMessage)) as never);
    expect(refusals.map((refusal) => refusal.info.reason)).toEqual([
      'payment-required',
      'payment-required',
      'payment-required',
      'rate-limited',
    ]);
    expect(refusals.at(-1)?.status).toBe(status.RESOURCE_EXHAUSTED);
    expect((await ask('127.0.0.1')).status).toBe(429);
    expect(await client.call('GetModel', { modelId: 'digits' })).toBeDefined();
    client.close();
  });

  it('is seen in the figures', async () => {
    const metrics = await gateway.metrics();
    expect(metrics).toMatch(/^touchstone_rate_limited_total\{kind="work".*\} [4-9]$/m);
    expect(metrics).toMatch(/^touchstone_rate_callers\{kind="reads".*\} [1-9]/m);
  });
});

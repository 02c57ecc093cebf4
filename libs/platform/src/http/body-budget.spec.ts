import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, request as httpRequest, type ClientRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { BODY_BYTES_IN_FLIGHT_DEFAULT_MAX } from '../config/body-keys.js';
import { BodyBudget } from './body-budget.js';
import { BODY_BYTES_DEFAULT_MAX } from './limits.js';
import { readBodyParts } from './read-body.js';
import type { HttpRequest } from './request.js';
import { sendProblem } from './send-problem.js';

const MIB = 1_048_576;
let server: Server;
let budget: BodyBudget;
/** Ends the requests that were read whole, and says how many. */
let finish: () => number;

async function serve(bytesMax: number, holds = true): Promise<void> {
  budget = new BodyBudget(bytesMax);
  const held: (() => void)[] = [];
  finish = () => held.splice(0).map((end) => end()).length;
  server = createServer((request, response) => {
    const read = request as HttpRequest;
    budget.follow(read, response);
    readBodyParts(read, { bytesMax: 64 * MIB }).then(
      ({ size }) => {
        const end = () => void response.end(String(size));
        if (holds) held.push(end);
        else end();
      },
      (error: unknown) => sendProblem(response, error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

afterEach(
  () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
);

interface Answered {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly connection: string | undefined;
  readonly text: string;
}

function send(headers: Record<string, string | number>): {
  sending: ClientRequest;
  answer: Promise<Answered>;
} {
  const { port } = server.address() as AddressInfo;
  const sending = httpRequest({ host: '127.0.0.1', port, method: 'POST', headers, agent: false });
  sending.on('error', () => undefined);
  const answer = new Promise<Answered>((resolve) => {
    sending.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers: fields } = response;
        const text = Buffer.concat(chunks).toString();
        resolve({ status, retryAfter: fields['retry-after'], connection: fields.connection, text });
      });
    });
  });
  return { sending, answer };
}

/** A sender that announces so many bytes and sends one. */
function slow(bytes: number) {
  const sent = send({ 'content-length': bytes });
  sent.sending.write('x');
  return sent;
}

async function held(bytes: number): Promise<void> {
  for (let tries = 0; budget.inFlight !== bytes && tries < 200; tries += 1) await pause(10);
  expect(budget.inFlight).toBe(bytes);
}

describe('BodyBudget', () => {
  it('takes small bodies up to exactly its bytes and refuses one byte more with 503, Retry-After and an end', async () => {
    await serve(2 * MIB);
    slow(MIB);
    slow(MIB - 10);
    await held(2 * MIB - 10);
    const refused = await slow(11).answer;
    expect(refused).toMatchObject({ status: 503, retryAfter: '1', connection: 'close' });
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'queue-full', retryable: true });
    slow(10);
    await held(2 * MIB);
  });

  it('keeps a quarter for small bodies, whatever large ones wait for', async () => {
    await serve(8 * MIB);
    slow(6 * MIB);
    await held(6 * MIB);
    expect((await slow(BODY_BYTES_DEFAULT_MAX + 1).answer).status).toBe(503);
    slow(BODY_BYTES_DEFAULT_MAX);
    await held(7 * MIB);
  });

  it('takes a large body of three quarters, and refuses one byte more', async () => {
    await serve(8 * MIB);
    expect((await slow(6 * MIB + 1).answer).status).toBe(503);
    slow(6 * MIB);
    await held(6 * MIB);
  });

  it('has by default room for three large bodies of the largest kind, and for 64 small ones beside them', async () => {
    await serve(BODY_BYTES_IN_FLIGHT_DEFAULT_MAX);
    for (let count = 0; count < 3; count += 1) slow(64 * MIB);
    await held(BODY_BYTES_IN_FLIGHT_DEFAULT_MAX * 0.75);
    expect((await slow(MIB + 1).answer).status).toBe(503);
    for (let count = 0; count < 64; count += 1) slow(MIB);
    await held(BODY_BYTES_IN_FLIGHT_DEFAULT_MAX);
    expect((await slow(1).answer).status).toBe(503);
  });

  it('counts chunked bodies as they come', async () => {
    await serve(8 * MIB);
    const { sending, answer } = send({ 'transfer-encoding': 'chunked' });
    sending.write(Buffer.alloc(3 * MIB));
    await held(3 * MIB);
    sending.write(Buffer.alloc(3 * MIB));
    await held(6 * MIB);
    sending.write('x');
    expect(await answer).toMatchObject({ status: 503, connection: 'close' });
    await held(0);
  });

  it('gives back what a connection held that is cut off, slow or not', async () => {
    await serve(8 * MIB);
    const senders = [slow(2 * MIB), slow(3 * MIB), send({ 'transfer-encoding': 'chunked' })];
    senders[2]?.sending.write(Buffer.alloc(MIB));
    await held(6 * MIB);
    for (const { sending } of senders) sending.destroy();
    await held(0);
  });

  it('holds a body until its answer is written', async () => {
    await serve(8 * MIB);
    const { sending, answer } = send({ 'content-length': 5 * MIB });
    sending.end(Buffer.alloc(5 * MIB));
    await held(5 * MIB);
    // It is not given back when it was read, only by the answer.
    while (finish() === 0) {
      expect(budget.inFlight).toBe(5 * MIB);
      await pause(10);
    }
    expect((await answer).text).toBe(String(5 * MIB));
    await held(0);
  });

  it('has nothing left of a hundred requests one after the other', async () => {
    await serve(4 * MIB, false);
    for (let count = 0; count < 100; count += 1) {
      const { sending, answer } = send({ 'content-length': 3 * MIB });
      sending.end(Buffer.alloc(3 * MIB));
      expect((await answer).text).toBe(String(3 * MIB));
    }
    await held(0);
  });
});

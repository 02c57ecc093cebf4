import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createLimitedServer, readRawBody, sendProblem, type HttpRequest } from '../src/entries/http.js';
import { REFUSED_LINGER_MS } from '../src/http/limits.js';

const BODY_BYTES_MAX = 1_000;
/** More than the buffers of two sockets hold, so that the client still writes when the answer comes. */
const SENT_BYTES = 16 * 1_048_576;
const ATTEMPTS = 20;
/** How long a client takes for all it sends is the machine's affair, and no server of these specs gives up before. */
const PATIENT_LINGER_MS = 20_000;

describe('a body that is refused before it came', () => {
  let server: Server;
  let port: number;
  let handled: number;
  const serverWith = (refusedLingerMs: number) =>
    createLimitedServer(
      (request, response) => {
        handled += 1;
        readRawBody(request as HttpRequest, BODY_BYTES_MAX).then(
          (bytes) => response.end(bytes),
          (error: unknown) => sendProblem(response, error),
        );
      },
      { refusedLingerMs },
    );
  beforeEach(async () => {
    handled = 0;
    server = serverWith(PATIENT_LINGER_MS);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const post = (body: Buffer | ReadableStream) =>
    fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, duplex: 'half' } as RequestInit);
  const declared = () => post(Buffer.alloc(SENT_BYTES));
  const chunked = () => {
    let left = SENT_BYTES;
    return post(
      new ReadableStream({
        pull: (controller) => {
          if (left <= 0) return controller.close();
          left -= 65_536;
          controller.enqueue(new Uint8Array(65_536));
        },
      }),
    );
  };

  it.each([
    ['its length was declared', declared],
    ['its end is open', chunked],
  ])(
    'is answered where %s, each time, also to who sends on',
    async (_name, send) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const response = await send();
        expect(response.status).toBe(413);
        expect(await response.json()).toMatchObject({ code: 'body-too-large' });
      }
    },
    30_000,
  );

  it.each([
    ['declared', (bytes: number) => `Content-Length: ${bytes}\r\n\r\n`],
    ['open', () => `Transfer-Encoding: chunked\r\n\r\n${SENT_BYTES.toString(16)}\r\n`],
  ])('is answered to a client that reads only when it has written all; length %s', async (_name, head) => {
    const socket = connect(port, '127.0.0.1').pause();
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk))).pause();
    const failed = new Promise<never>((_resolve, reject) => socket.on('error', reject));
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${head(SENT_BYTES)}`);
    const written = new Promise((resolve) => socket.write(Buffer.alloc(SENT_BYTES), resolve));
    await Promise.race([written, failed]);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.resume();
    await Promise.race([closed, failed]);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('takes what comes behind it on the connection with it: no request runs whose answer cannot be told', async () => {
    const body = 'x'.repeat(BODY_BYTES_MAX + 1);
    const first = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
    const second = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let answers = '';
    socket.on('data', (chunk) => (answers += String(chunk)));
    const ended = new Promise((resolve) => socket.on('end', resolve));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write(first);
    await ended;
    socket.end(body + second);
    await closed;
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413']);
    expect(handled).toBe(1);
  });

  it('is read no longer than a moment from who never stops', async () => {
    server.close();
    server = serverWith(REFUSED_LINGER_MS);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
    const sending = setInterval(() => socket.writable && socket.write(chunk), 5);
    const startedMs = performance.now();
    await closed;
    clearInterval(sending);
    const tookMs = performance.now() - startedMs;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(tookMs).toBeGreaterThan(REFUSED_LINGER_MS * 0.9);
  });
});

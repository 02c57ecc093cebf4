import { afterEach, describe, expect, it } from '@jest/globals';
import type { RequestListener, Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import {
  allowUpload,
  createLimitedServer,
  readRawBody,
  sendProblem,
  type HttpRequest,
  UPLOADED_BYTES_PER_SECOND,
  type ServerLimits,
} from '../src/entries/http.js';
import { waitUntil } from '@touchstone/testing';
import { sendRaw } from './raw-socket.js';

describe('a server with limits', () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server?.closeAllConnections();
    server?.close();
  });

  const start = async (listener: RequestListener, limits: ServerLimits) => {
    const started = createLimitedServer(listener, limits);
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return (started.address() as AddressInfo).port;
  };
  const echo: RequestListener = (request, response) => {
    readRawBody(request as HttpRequest, 100).then(
      (bytes) => response.end(bytes),
      (error: unknown) => sendProblem(response, error),
    );
  };
  const fast = { headersTimeoutMs: 200, requestTimeoutMs: 400, checkingIntervalMs: 50 };
  /** A client that sends its head and its body in two pieces each, with a pause before each but the first. */
  const inPieces = (port: number, pauseMs: number) =>
    sendRaw(
      port,
      ['POST / HTTP/1.1\r\nHost: x\r\n', 'Connection: close\r\nContent-Length: 2\r\n\r\n', 'h', 'i'],
      pauseMs,
    );

  it('takes a header and a body that come slowly and in time', async () => {
    const port = await start(echo, { headersTimeoutMs: 400, requestTimeoutMs: 800, checkingIntervalMs: 20 });
    expect(await inPieces(port, 150)).toMatchObject([{ status: 200, body: 'hi' }]);
  });

  it.each([
    ['its header', { headersTimeoutMs: 100, requestTimeoutMs: 5_000 }],
    ['the rest of its body', { headersTimeoutMs: 250, requestTimeoutMs: 200 }],
  ])('does not wait longer for %s, however much came in time', async (_name, limits) => {
    const port = await start(echo, { ...limits, checkingIntervalMs: 20 });
    expect(await inPieces(port, 150)).toMatchObject([{ status: 408 }]);
  });

  it('answers 408 to a header that comes one byte at a time', async () => {
    const port = await start(echo, fast);
    const [answer] = await sendRaw(port, [...'GET / HTTP/1.1\r\nHost: x\r\nX: y'], 30);
    expect(answer).toMatchObject({
      status: 408,
      headers: { 'content-type': 'application/problem+json', connection: 'close' },
    });
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'timeout', status: 408 });
  });

  it('answers 408 to a body that comes one byte at a time', async () => {
    const port = await start(echo, fast);
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n';
    const [answer] = await sendRaw(port, [head, ...'x'.repeat(49)], 30);
    expect(answer?.status).toBe(408);
  });

  it('waits for a body for as long as a file of its bytes takes where the route says so', async () => {
    const uploads: RequestListener = (request, response) => {
      allowUpload(request, UPLOADED_BYTES_PER_SECOND);
      echo(request, response);
    };
    const port = await start(uploads, {
      headersTimeoutMs: 250,
      requestTimeoutMs: 200,
      checkingIntervalMs: 20,
    });
    expect(await inPieces(port, 150)).toMatchObject([{ status: 200, body: 'hi' }]);
  });

  it('answers 400 to a chunk that is broken in the middle of a body', async () => {
    const port = await start(echo, {});
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n';
    const [answer, ...more] = await sendRaw(port, [head, 'zz\r\n'], 50);
    expect(answer?.status).toBe(400);
    expect(more).toEqual([]);
  });

  it('cuts an answer that is under way when the rest of its request is broken', async () => {
    const port = await start((_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
    }, {});
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n';
    expect(await sendRaw(port, [head, 'zz\r\n'], 50)).toMatchObject([{ status: 200, body: 'half' }]);
  });

  it('lets a client that waits for 100 go on', async () => {
    const port = await start(echo, fast);
    const head =
      'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';
    const answers = await sendRaw(port, [head, 'hi'], 50);
    expect(answers.map(({ status }) => status)).toEqual([100, 200]);
  });

  it('cuts a client that keeps sending after it was refused', async () => {
    const port = await start(echo, {});
    // It would go on for longer than an answer is waited for.
    const answers = await sendRaw(port, ['BAD\r\n\r\n', ...Array.from({ length: 2_000 }, () => 'more')], 20);
    expect(answers.map(({ status }) => status)).toEqual([400]);
  });

  it('holds as many connections as the limit, drops one more, and takes it once another has left', async () => {
    const port = await start((_request, response) => response.end('ok'), { connectionsMax: 2 });
    const open = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        sockets.push(socket);
        socket.once('data', () => resolve(true));
        socket.once('close', () => resolve(false));
        socket.on('error', () => resolve(false));
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      });
    expect([await open(), await open(), await open()]).toEqual([true, true, false]);
    sockets[0]?.destroy();
    await waitUntil(open);
    expect(await open()).toBe(false);
  });
});

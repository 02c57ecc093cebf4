import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EvmNode } from './evm-node.js';
import { NODE_ANSWER_BYTES_MAX, NODE_CONNECTIONS_MAX } from './http-transport.js';

const unavailable = expect.objectContaining({ code: 'dependency-unavailable', retryable: true });
type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

describe('JSON-RPC over HTTP', () => {
  let server: Server | undefined;
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
  });

  /** A node behind a URL with a key in it. */
  const nodeOf = async (answer: Answer, timeoutMs = 5_000): Promise<EvmNode> => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
      request.on('end', () => answer(request, response, body));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return EvmNode.overHttp(`http://user:secret@127.0.0.1:${port}/private-key`, 'eip155:8453', timeoutMs);
  };
  const json = (response: ServerResponse, body: unknown, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const failureOf = (node: EvmNode): Promise<unknown> =>
    node.raw('eth_call').catch((error: unknown) => error);

  it('posts one request with its credentials, and keeps the connection', async () => {
    const seen: { body: unknown; authorization: string | undefined; port: number | undefined }[] = [];
    const node = await nodeOf((request, response, body) => {
      const { authorization } = request.headers;
      seen.push({ body: JSON.parse(body), authorization, port: request.socket.remotePort });
      json(response, { jsonrpc: '2.0', id: 1, result: '0x2105' });
    });
    expect(await node.raw('eth_chainId')).toBe('0x2105');
    expect(await node.raw('eth_call', [{ to: '0x1' }, 'latest'])).toBe('0x2105');
    expect(seen.map(({ body }) => body)).toEqual([
      { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] },
      { jsonrpc: '2.0', id: 2, method: 'eth_call', params: [{ to: '0x1' }, 'latest'] },
    ]);
    expect(seen[0]?.authorization).toBe(`Basic ${Buffer.from('user:secret').toString('base64')}`);
    expect(seen[1]?.port).toBe(seen[0]?.port);
  });

  it.each([200, 400, 413, 429])(
    "takes an error of JSON-RPC for the node's word, with status %d",
    async (status) => {
      const error = { code: -32_600, message: 'up to a 500 block range' };
      const node = await nodeOf((_request, response) => json(response, { error }, status));
      await expect(node.request('eth_getLogs', [])).rejects.toMatchObject({
        cause: { code: -32_600, details: 'up to a 500 block range' },
      });
    },
  );

  it.each([
    ['a status without JSON', 503, 'busy'],
    ['a page', 200, '<html>'],
    ['JSON that is no answer', 200, '{}'],
    ['an error without code', 200, '{"error":"quota"}'],
    ['a list', 200, '[]'],
  ])('takes %s for no answer, and never shows the URL', async (_what, status, text) => {
    const failure = await failureOf(
      await nodeOf((_request, response) => response.writeHead(status).end(text)),
    );
    expect(failure).toEqual(unavailable);
    expect(`${JSON.stringify(failure)} ${String(failure)} ${String((failure as Error).cause)}`).not.toMatch(
      /secret|private-key/,
    );
  });

  it('gives up when the answer does not come in time, or does not end', async () => {
    const silent = await nodeOf(() => undefined, 100);
    expect(await failureOf(silent)).toEqual(unavailable);
    server?.closeAllConnections();
    const endless = await nodeOf((_request, response) => response.writeHead(200).write('{'), 100);
    expect(await failureOf(endless)).toEqual(unavailable);
  });

  it.each([
    [NODE_ANSWER_BYTES_MAX, true],
    [NODE_ANSWER_BYTES_MAX + 1, false],
  ])('reads an answer of %d bytes: %s', async (bytes, isRead) => {
    const frame = '{"result":""}'.length;
    const node = await nodeOf((_request, response) => json(response, { result: 'x'.repeat(bytes - frame) }));
    const answer = await node.raw('eth_getLogs').catch((error: unknown) => error);
    expect(typeof answer).toBe(isRead ? 'string' : 'object');
    if (!isRead) expect(answer).toEqual(unavailable);
  });

  it('asks again when the node closed the connection that was kept', async () => {
    let asked = 0;
    const node = await nodeOf((request, response) => {
      asked += 1;
      if (asked === 2) return void request.socket.resetAndDestroy();
      json(response, { result: '0x1' });
    });
    expect(await node.raw('eth_chainId')).toBe('0x1');
    expect(await node.raw('eth_chainId')).toBe('0x1');
    expect(asked).toBe(3);
  });

  it('opens NODE_CONNECTIONS_MAX connections, and one request more waits for one of them', async () => {
    const waiting: ServerResponse[] = [];
    const node = await nodeOf((_request, response) => void waiting.push(response));
    const all = Array.from({ length: NODE_CONNECTIONS_MAX + 1 }, () => node.raw('eth_chainId'));
    while (waiting.length < NODE_CONNECTIONS_MAX) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(waiting).toHaveLength(NODE_CONNECTIONS_MAX);
    for (const response of waiting.splice(0)) json(response, { result: '0x1' });
    while (waiting.length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const response of waiting.splice(0)) json(response, { result: '0x1' });
    expect(await Promise.all(all)).toHaveLength(NODE_CONNECTIONS_MAX + 1);
  });
});

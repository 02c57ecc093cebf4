import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { exitCodes } from '../exit-codes.js';
import { bundleAt } from './evidence.js';

describe('waiting for evidence', () => {
  let server: Server | undefined;
  afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined))));

  /** Answers with each status in turn, and with the last one from then on. */
  const answering = async (...statuses: number[]): Promise<{ url: string; left: () => number }> => {
    const left = [...statuses];
    server = createServer((_request, response) => {
      const status = left.length > 1 ? (left.shift() as number) : (left[0] as number);
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(status === 200 ? '{"bundle":true}' : '{"detail":"said so"}');
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/v1/evidence/x`, left: () => left.length };
  };

  it.each([202, 404, 429, 502, 503, 504])('goes on after %i', async (status) => {
    const { url } = await answering(status, 200);
    expect(await bundleAt(url, 5_000)).toBe('{"bundle":true}');
  });

  it.each([400, 401, 403, 410, 500])('ends at once with %i', async (status) => {
    const { url, left } = await answering(status, 200);
    await expect(bundleAt(url, 5_000)).rejects.toMatchObject({ exitCode: exitCodes.io });
    expect(left()).toBe(1);
  });

  it('says after its time what the service said last', async () => {
    const { url } = await answering(503);
    await expect(bundleAt(url, 300)).rejects.toMatchObject({
      exitCode: exitCodes.pending,
      message: expect.stringMatching(/not there after 0\.3 s: .*503.*said so/),
    });
  });
});

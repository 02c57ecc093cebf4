import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exitCodes } from '../exit-codes.js';
import { fetchJson, REQUEST_TIMEOUT_MS, withinTime } from './running-stack.js';

const TIMEOUT_MS = 200;

describe('a request to a service of the stack', () => {
  let server: Server | undefined;
  afterEach(() => {
    jest.restoreAllMocks();
    server?.closeAllConnections();
    server?.close();
  });

  const serve = async (listener: RequestListener) => {
    const started = createServer(listener);
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}/`;
  };
  const tooSlow = (url: string) => ({
    exitCode: exitCodes.io,
    message: `${url} did not answer within ${TIMEOUT_MS / 1_000} s.`,
  });

  it('is answered when the answer comes in time, in pieces too', async () => {
    const url = await serve((_request, response) => {
      response.write('{"slow":');
      setTimeout(() => response.end('true}'), TIMEOUT_MS / 4);
    });
    expect(await fetchJson(url, {}, TIMEOUT_MS)).toEqual({ slow: true });
  });

  it.each<[string, RequestListener]>([
    ['is not answered', () => undefined],
    ['is answered by half', (_request, response) => void response.write('{"slow":')],
  ])('that %s ends with words, not with a stack trace', async (_name, listener) => {
    const url = await serve(listener);
    await expect(fetchJson(url, {}, TIMEOUT_MS)).rejects.toMatchObject(tooSlow(url));
    const raw = withinTime(url, async (signal) => (await fetch(url, { signal })).text(), TIMEOUT_MS);
    await expect(raw).rejects.toMatchObject(tooSlow(url));
  });

  it('may take REQUEST_TIMEOUT_MS when nothing else is said', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout');
    const url = await serve((_request, response) => response.end('{}'));
    await fetchJson(url);
    await withinTime(url, (signal) => fetch(url, { signal }));
    expect(timeout.mock.calls).toEqual([[REQUEST_TIMEOUT_MS], [REQUEST_TIMEOUT_MS]]);
  });

  it('that cannot be sent names the address', async () => {
    const url = await serve(() => undefined);
    await new Promise((resolve) => server?.close(resolve));
    await expect(fetchJson(url)).rejects.toMatchObject({
      exitCode: exitCodes.io,
      message: expect.stringContaining(`${url} does not answer`),
    });
  });
});

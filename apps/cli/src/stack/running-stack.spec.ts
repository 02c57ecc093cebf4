import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from '../exit-codes.js';
import { acquireLock } from '@touchstone/embedded';
import { fetchJson, REQUEST_TIMEOUT_MS, requireStack, withinTime } from './running-stack.js';

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

describe('the stack that a command asks for', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is started on the folder that was named', () => {
    expect(() => requireStack(folder)).toThrow(`Start one with: touchstone up --state ${folder}`);
  });

  it('is waited for while it starts', () => {
    const release = acquireLock(folder);
    expect(() => requireStack(folder)).toThrow(`is not ready (pid ${process.pid} starts or stops it)`);
    release();
  });
});

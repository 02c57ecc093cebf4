import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.js';
import { acquireLock } from '@touchstone/embedded';
import { fetchJson, REQUEST_TIMEOUT_MS, requireStack, withinTime } from './running-stack.js';

const TIMEOUT_MS = 200;
const contract = z.strictObject({ items: z.array(z.strictObject({ name: z.string() })) });
const items = [{ name: 'a' }];

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
      response.write('{"items":');
      setTimeout(() => response.end('[{"name":"a"}]}'), TIMEOUT_MS / 4);
    });
    expect(await fetchJson(url, contract, {}, TIMEOUT_MS)).toEqual({ items });
  });

  it.each<[string, RequestListener]>([
    ['is not answered', () => undefined],
    ['is answered by half', (_request, response) => void response.write('{"items":')],
  ])('that %s ends with words, not with a stack trace', async (_name, listener) => {
    const url = await serve(listener);
    await expect(fetchJson(url, contract, {}, TIMEOUT_MS)).rejects.toMatchObject(tooSlow(url));
    const raw = withinTime(url, async (signal) => (await fetch(url, { signal })).text(), TIMEOUT_MS);
    await expect(raw).rejects.toMatchObject(tooSlow(url));
  });

  it('may take REQUEST_TIMEOUT_MS when nothing else is said', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout');
    const url = await serve((_request, response) => response.end('{"items":[]}'));
    await fetchJson(url, contract);
    await withinTime(url, (signal) => fetch(url, { signal }));
    expect(timeout.mock.calls).toEqual([[REQUEST_TIMEOUT_MS], [REQUEST_TIMEOUT_MS]]);
  });

  it('that cannot be sent names the address', async () => {
    const url = await serve(() => undefined);
    await new Promise((resolve) => server?.close(resolve));
    await expect(fetchJson(url, contract)).rejects.toMatchObject({
      exitCode: exitCodes.io,
      message: expect.stringContaining(`${url} does not answer`),
    });
  });
});

describe('an answer', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.close();
  });

  const answer = async (status: number, body: string) => {
    const started = createServer((_request, response) => response.writeHead(status).end(body));
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(started.address() as AddressInfo).port}/`;
    return { url, answered: fetchJson(url, contract) };
  };

  it('with members that this version does not know is taken with them', async () => {
    const later = { items: [{ name: 'a', kind: 'b' }], total: 1 };
    const { answered } = await answer(200, JSON.stringify(later));
    expect(await answered).toEqual(later);
  });

  it.each([
    [
      'of another form',
      '[]',
      'a body that this version cannot read: /: Invalid input: expected object, received array',
    ],
    [
      'with a member of another form',
      '{"items":[{"name":7}]}',
      'a body that this version cannot read: /items/0/name: Invalid input: expected string, received number',
    ],
    [
      'with two of them',
      '{"items":[{},{}]}',
      'a body that this version cannot read: /items/0/name: Invalid input: expected string, received undefined (and 1 more)',
    ],
    ['that is no JSON', '<html>', 'a body that is no JSON.'],
    ['that is empty', '', 'a body that is no JSON.'],
  ])('%s is a failure in words', async (_name, body, words) => {
    const { url, answered } = await answer(200, body);
    await expect(answered).rejects.toMatchObject({
      exitCode: exitCodes.io,
      message: `${url} answered 200 with ${words}`,
    });
  });

  it('that refuses is told, however it is made', async () => {
    const refusal = { code: 'newer-code', detail: 'Why.', errors: [{ pointer: '', detail: 'b' }] };
    const { url, answered } = await answer(409, JSON.stringify(refusal));
    await expect(answered).rejects.toMatchObject({
      exitCode: exitCodes.io,
      message: `${url} answered 409 newer-code: Why.\n  /: b`,
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

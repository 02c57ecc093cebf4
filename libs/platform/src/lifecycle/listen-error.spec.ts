import { describe, expect, it } from '@jest/globals';
import { listenAt } from './listen-error.js';

const place = { host: '127.0.0.1', port: 80, portKey: 'TOUCHSTONE_HTTP_PORT' };
const failing = (error: Error) => listenAt(place, () => Promise.reject(error));
const ofSystem = (code: string) => Object.assign(new Error('listen'), { code });

describe('a place that cannot be listened at', () => {
  it.each([
    ['a taken port', ofSystem('EADDRINUSE'), 'another process has port 80', 'TOUCHSTONE_HTTP_PORT'],
    ['a port of root', ofSystem('EACCES'), 'may not listen on port 80', 'TOUCHSTONE_HTTP_PORT'],
    ['an address of others', ofSystem('EADDRNOTAVAIL'), 'has no address 127.0.0.1', 'TOUCHSTONE_BIND_HOST'],
    ['what gRPC says', new Error('bind EADDRINUSE 127.0.0.1:80'), 'another process', 'TOUCHSTONE_HTTP_PORT'],
  ])('is named with what to do: %s', async (_name, cause, what, key) => {
    const refusal = { code: 'dependency-unavailable', cause, message: expect.stringContaining(what) };
    await expect(failing(cause)).rejects.toMatchObject(refusal);
    await expect(failing(cause)).rejects.toThrow(key);
  });

  it('leaves every other error, and what was listened at, as they are', async () => {
    const other = new Error('other');
    await expect(failing(other)).rejects.toBe(other);
    expect(await listenAt(place, () => Promise.resolve(3))).toBe(3);
  });
});

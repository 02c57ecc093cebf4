import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { unixFsCid } from '@touchstone/content-address';
import { added, NodeDouble, otherCid } from '../../../test/support/node-double.js';
import { OtherCid } from '../../domain/object/ports.js';
import { IPFS_ANSWER_BYTES_MAX, KuboNode } from './kubo-node.js';

const bytes = new TextEncoder().encode('{"proof":"…"}');
const object = { cid: unixFsCid(bytes), bytes };

let node: NodeDouble;
beforeEach(async () => {
  node = await NodeDouble.start();
});
afterEach(() => node.close());

const put = (
  options: { authorization?: string; timeoutMs?: number } = {},
  signal = new AbortController().signal,
) => new KuboNode({ url: `${node.url}/`, ...options }).put(object, signal);

describe('an IPFS node', () => {
  it('is given the bytes as one file, with all that its identifier depends on, and the login', async () => {
    node.answer = (response) => response.end(added(object.cid));
    await put({ authorization: 'Bearer secret' });
    const [asked] = node.asked;
    const { pathname, searchParams } = new URL(asked?.target ?? '', node.url);
    expect(pathname).toBe('/api/v0/add');
    expect(Object.fromEntries(searchParams)).toEqual({
      ...{ 'cid-version': '1', 'raw-leaves': 'true', hash: 'sha2-256', chunker: 'size-262144' },
      ...{ trickle: 'false', 'wrap-with-directory': 'false', pin: 'true', progress: 'false' },
    });
    expect(asked?.authorization).toBe('Bearer secret');
    expect(asked?.body).toContain(`\r\n\r\n{"proof":"…"}\r\n`);
  });

  it('is not believed when it names the object otherwise', async () => {
    node.answer = (response) => response.end(added(otherCid()));
    await expect(put()).rejects.toBeInstanceOf(OtherCid);
  });

  it.each([
    ['an error', (response) => response.writeHead(500).end('{"Message":"no"}')],
    ['an error with the right identifier', (response) => response.writeHead(403).end(added(object.cid))],
    ['nothing', (response) => response.end()],
    ['no JSON', (response) => response.end('<html>')],
    ['no identifier', (response) => response.end('{"Hash":7}')],
    ['null', (response) => response.end('null')],
    ['two files', (response) => response.end(added(object.cid) + added(object.cid))],
    ['a broken connection', (response) => response.destroy()],
  ] satisfies [string, NodeDouble['answer']][])('that answers with %s did not take it', async (_, answer) => {
    node.answer = answer;
    await expect(put()).rejects.toThrow();
  });

  it('answers with up to IPFS_ANSWER_BYTES_MAX bytes, not one more', async () => {
    const line = added(object.cid);
    node.answer = (response) => response.end(line.padEnd(IPFS_ANSWER_BYTES_MAX));
    await put();
    node.answer = (response) => response.end(line.padEnd(IPFS_ANSWER_BYTES_MAX + 1));
    await expect(put()).rejects.toThrow(`more than ${IPFS_ANSWER_BYTES_MAX} bytes`);
  });

  it('that sends without an end is left', async () => {
    let sending = true;
    node.answer = (response) => {
      const chunk = Buffer.alloc(16_384, ' ');
      const send = () => sending && response.write(chunk, () => setImmediate(send));
      response.on('close', () => (sending = false));
      send();
    };
    await expect(put()).rejects.toThrow('bytes');
  });

  it('is given its time and no more, before and within its answer', async () => {
    node.answer = () => undefined;
    await expect(put({ timeoutMs: 100 })).rejects.toThrow('timeout');
    node.answer = (response) => response.write('{"Hash":');
    await expect(put({ timeoutMs: 100 })).rejects.toThrow('timeout');
  });

  it('is left at once when the service ends', async () => {
    node.answer = () => undefined;
    const end = new AbortController();
    const running = put({}, end.signal);
    setTimeout(() => end.abort(), 50);
    await expect(running).rejects.toThrow('abort');
  });

  it.each([301, 302, 303, 307, 308])('that sends elsewhere with %i is not followed', async (status) => {
    const elsewhere = await NodeDouble.start();
    elsewhere.answer = (response) => response.end(added(object.cid));
    node.answer = (response) => response.writeHead(status, { location: `${elsewhere.url}/api/v0/add` }).end();
    await expect(put({ authorization: 'Bearer secret' })).rejects.toThrow();
    await elsewhere.close();
    expect(elsewhere.asked).toEqual([]);
    expect(node.asked).toHaveLength(1);
  });
});

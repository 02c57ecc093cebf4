import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BodyReaders, heapMebibytesFor, type BodyReadersOptions } from './body-readers.js';

const script = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`);
const port = "import { parentPort } from 'node:worker_threads';";
const echo = script(`${port}
parentPort.on('message', ({ parts }) => {
  const body = parts[0];
  if (body[0] === 1) for (;;);
  if (body[0] === 2) throw new Error('broken');
  if (body[0] === 3) { const all = []; for (;;) all.push(new Array(1e5).fill({})); }
  if (body[0] === 4) parentPort.postMessage({ ok: false, error: { code: 'malformed-json', message: 'no', details: [] } });
  else parentPort.postMessage({ ok: true, body, digest: '', request: {}, inputs: undefined }, [body.buffer]);
});`);

let readers: BodyReaders;
beforeEach(() => {
  start();
});
afterEach(() => readers.close());

const start = (options: BodyReadersOptions = {}) => (readers = new BodyReaders({ script: echo, ...options }));
const job = (first: number, length = 4) => ({
  form: 'v1' as const,
  parts: [new Uint8Array(length).fill(first)],
  model: undefined,
});

it.each([
  ['without a bound', 0, 768],
  ['of 512 MiB', 512 * 1_048_576, 128],
  ['of 8 GiB', 8_192 * 1_048_576, 768],
])('a thread in a container %s has its share', (_what, bytes, mebibytes) => {
  expect(heapMebibytesFor(bytes)).toBe(mebibytes);
});

describe('BodyReaders', () => {
  it('hands the memory of a part over and back', async () => {
    start();
    const sent = job(9, 200_000);
    const [part] = sent.parts;
    const answer = await readers.read(sent);
    expect([part?.byteLength, answer.body.length, answer.body[199_999]]).toEqual([0, 200_000, 9]);
  });

  it('copies a part that lies in memory of others', async () => {
    start();
    const all = new Uint8Array(8).fill(7);
    await readers.read({ form: 'v1', parts: [all.subarray(2, 6)], model: undefined });
    expect(all).toEqual(new Uint8Array(8).fill(7));
  });

  it('answers many at once, each with its own', async () => {
    start();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => readers.read(job(10 + at))));
    expect(answers.map(({ body }) => body[0])).toEqual(Array.from({ length: 20 }, (_, at) => 10 + at));
  });

  it('says what the body is refused for', async () => {
    start();
    await expect(readers.read(job(4))).rejects.toMatchObject({ code: 'malformed-json', message: 'no' });
  });

  it('replaces a thread that does not come back in time, and others are read meanwhile', async () => {
    start({ timeoutMs: 2_000 });
    const stuck = expect(readers.read(job(1))).rejects.toMatchObject({ code: 'timeout' });
    expect((await readers.read(job(9))).body[0]).toBe(9);
    await stuck;
    expect((await readers.read(job(8))).body[0]).toBe(8);
  });

  it('replaces a thread that fails', async () => {
    start();
    await expect(readers.read(job(2))).rejects.toMatchObject({ code: 'internal' });
    expect((await readers.read(job(8))).body[0]).toBe(8);
  });

  it('refuses a body that takes more memory than it may, and lives', async () => {
    start({ heapMebibytes: 32 });
    await expect(readers.read(job(3))).rejects.toMatchObject({ code: 'body-too-large' });
    expect((await readers.read(job(8))).body[0]).toBe(8);
  });

  it('refuses who waits when it closes, and who comes after', async () => {
    start();
    const running = [1, 1, 9].map((first) => readers.read(job(first)));
    const refused = Promise.all(
      running.map((read) => expect(read).rejects.toMatchObject({ code: 'dependency-unavailable' })),
    );
    await readers.close();
    await refused;
    await expect(readers.read(job(9))).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { CircuitSetUp } from '@touchstone/contracts/circuit';
import { MemoryFiles } from '../../../test/support/memory-files.js';
import { tinyFile } from '../../../test/support/tiny-job.js';
import { readProvingKey } from './proving-key-file.js';

const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(tinyFile(name)));
const final = bytesOf('proving-key.zkey');
const read = (content: Uint8Array) => readProvingKey(new MemoryFiles({ key: content }), 'key');

/** Where the content of a section begins, and where its head does. */
function sectionAt(type: number): { head: number; content: number; bytes: number } {
  const view = new DataView(final.buffer, final.byteOffset, final.byteLength);
  let at = 12;
  for (;;) {
    const bytes = Number(view.getBigUint64(at + 4, true));
    if (view.getUint32(at, true) === type) return { head: at, content: at + 12, bytes };
    at += 12 + bytes;
  }
}

function changed(change: (view: DataView) => void): Uint8Array {
  const copy = final.slice();
  change(new DataView(copy.buffer));
  return copy;
}

describe('a proving key', () => {
  it('has the contributions that its transcript states, with the hashes of snarkjs', async () => {
    const { contributions } = JSON.parse(readFileSync(tinyFile('set-up.json'), 'utf8')) as CircuitSetUp;
    const key = await read(final);
    expect(key.contributions).toEqual(contributions);
    // As `snarkjs zkey verify` prints them.
    expect(key.contributions.map(({ hash }) => hash.slice(0, 16))).toEqual([
      'e95d508f9b77ea8f',
      'bc030fe520670fd3',
    ]);
    expect(key).toMatchObject({ publicCount: 4 });
  });

  it('has none at first, and one more after each step', async () => {
    const [first, second] = [await read(bytesOf('key-0000.zkey')), await read(bytesOf('key-0001.zkey'))];
    expect([first, second].map(({ contributions }) => contributions.length)).toEqual([0, 1]);
    expect(second.circuitHash).toBe(first.circuitHash);
  });

  const contributions = sectionAt(10);
  it.each([
    ['nothing', new Uint8Array()],
    ['powers of tau', bytesOf('powers-06.ptau')],
    ['a key that is cut in its head', final.subarray(0, 20)],
    ['a key that is cut in its contributions', final.subarray(0, final.length - 10)],
    ['a key on another field', changed((view) => view.setUint32(sectionAt(2).content + 4, 1, true))],
    ['2^32 − 1 sections', changed((view) => view.setUint32(8, 0xffff_ffff, true))],
    ['a section of 2^63 bytes', changed((view) => view.setBigUint64(sectionAt(2).head + 4, 2n ** 63n, true))],
    ['a section twice', changed((view) => view.setUint32(sectionAt(9).head, 2, true))],
    [
      '2^32 − 1 contributions',
      changed((view) => view.setUint32(contributions.content + 64, 0xffff_ffff, true)),
    ],
    [
      'fewer contributions than there are',
      changed((view) => view.setUint32(contributions.content + 64, 1, true)),
    ],
    [
      'a contribution of another kind',
      changed((view) => view.setUint32(contributions.content + 68 + 3 * 64 + 128 + 64, 7, true)),
    ],
    [
      'parameters of another length',
      changed((view) => view.setUint32(contributions.content + 68 + 3 * 64 + 128 + 68, 3, true)),
    ],
  ])('is not %s', async (_, content) => {
    await expect(read(content)).rejects.toMatchObject({ code: 'set-up-invalid' });
  });
});

import { describe, expect, it } from '@jest/globals';
import { objectCid } from '@touchstone/contracts';
import fc from 'fast-check';
import { CHUNK_BYTES, OBJECT_BYTES_MAX, unixFsCid } from './unixfs-cid.js';

const bytesOf = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 0xff;
  return bytes;
};

/** Of {@link bytesOf}, as `ipfs add --cid-version=1 --raw-leaves --only-hash` of kubo 0.43.1 gives them. */
const vectors: [number, string][] = [
  [0, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
  [1, 'bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu'],
  [5, 'bafkreibivjlmoj5ttgmrbt7v5q4kxjcsstciurogpdml64f6bhoosm7seq'],
  [CHUNK_BYTES, 'bafkreicyf2rsjlabvogs5vfihpzfegm2q5hjwrohaneftr2crm6gsnlznm'],
  [CHUNK_BYTES + 1, 'bafybeidgoqoyg4yhalu6oks2gnsjbs74tnoepwkl77plj4i4rd6lhvt424'],
  [2 * CHUNK_BYTES, 'bafybeig3atojx6ws4ghqmgsfq7dx43alqpgbcmp3ztg465catkpl7nnija'],
  [1_000_000, 'bafybeif47thwqop25vmml3tn3rekom7ximqq3dk7jh2dyrk7nkksmsqtjq'],
  [4_194_304, 'bafybeid4yguj54ignpnm4jj4jbtaq7clo6igzggouzt6wd7reoqo545fwu'],
  [OBJECT_BYTES_MAX, 'bafybeictnhkryr6nrwjc27yponmmlpktev4dnsvngaji55edlddqcrcwqu'],
];

describe('the content identifier of a file', () => {
  it.each(vectors)('of %i bytes is that of kubo', (length, cid) => {
    expect(unixFsCid(bytesOf(length))).toBe(cid);
  });

  it('is that of up to OBJECT_BYTES_MAX bytes, not of one more', () => {
    expect(() => unixFsCid(new Uint8Array(OBJECT_BYTES_MAX + 1))).toThrow(
      `at most ${OBJECT_BYTES_MAX} bytes, this one ${OBJECT_BYTES_MAX + 1}`,
    );
  });

  it('is spelled as addresses are, and another one for every other byte and length', () => {
    const lengths = fc.oneof(
      fc.integer({ min: 0, max: 64 }),
      fc.integer({ min: CHUNK_BYTES - 2, max: CHUNK_BYTES + 2 }),
    );
    fc.assert(
      fc.property(lengths, fc.nat(), (length, place) => {
        const bytes = bytesOf(length);
        const cid = unixFsCid(bytes);
        expect(objectCid.parse(cid)).toBe(cid);
        expect(unixFsCid(Uint8Array.of(...bytes.subarray(0, 8), 0, ...bytes.subarray(8, 16)))).not.toBe(cid);
        if (length === 0) return;
        const other = bytes.slice();
        other[place % length] = (other[place % length] ?? 0) ^ 1;
        expect(unixFsCid(other)).not.toBe(cid);
        expect(unixFsCid(bytes.subarray(1))).not.toBe(cid);
        expect(unixFsCid(bytes.slice())).toBe(cid);
      }),
      { numRuns: 60 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { bytesToHex } from '@touchstone/crypto';
import { consistencyNodes, inclusionNodes, leafHash, merkleRoot, verifyInclusion } from '@touchstone/merkle';
import fc from 'fast-check';
import { emptyLog, extendLog, logRoot } from './log-head.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the head of the log', () => {
  it('has the root of nothing before the first entry', () => {
    expect(bytesToHex(logRoot(emptyLog))).toBe(bytesToHex(merkleRoot([])));
  });

  it('has the root of all entries however they were divided into appends', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { maxLength: 9 }), { maxLength: 12 }), (appends) => {
        let head = emptyLog;
        for (const entries of appends) head = extendLog(head, entries).head;
        const hashes = appends.flat().map((entry) => leafHash(utf8(entry)));
        expect(head.size).toBe(BigInt(hashes.length));
        expect(bytesToHex(logRoot(head))).toBe(bytesToHex(merkleRoot(hashes)));
      }),
    );
  });

  it('stores each complete subtree once, and with them every proof can be made', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 10 }), (sizes) => {
        const stored = new Map<string, Uint8Array>();
        let head = emptyLog;
        for (const size of sizes) {
          const before = head.size;
          const extended = extendLog(
            head,
            Array.from({ length: size }, (_, index) => `entry ${before + BigInt(index)}`),
          );
          for (const { level, index, hash } of extended.nodes) {
            expect(stored.has(`${level}/${index}`)).toBe(false);
            stored.set(`${level}/${index}`, hash);
          }
          head = extended.head;
        }
        const hashesOf = (ids: readonly { level: number; index: bigint }[]): Uint8Array[] =>
          ids.map(({ level, index }) => stored.get(`${level}/${index}`) as Uint8Array);
        for (let index = 0n; index < head.size; index += 1n) {
          const plan = inclusionNodes(index, head.size);
          const proof = {
            leafIndex: index,
            treeSize: head.size,
            leafHash: leafHash(utf8(`entry ${index}`)),
            path: plan.fold(hashesOf(plan.ids)),
            root: logRoot(head),
          };
          expect(verifyInclusion(proof)).toEqual({ ok: true });
          expect(hashesOf(consistencyNodes(index + 1n, head.size).ids)).not.toContain(undefined);
        }
      }),
    );
  });

  it('refuses a frontier that does not belong to its size', () => {
    expect(() => extendLog({ size: 3n, frontier: [] }, ['entry'])).toThrow(/frontier/);
    expect(() => logRoot({ size: 1n, frontier: [new Uint8Array(31)] })).toThrow();
  });
});

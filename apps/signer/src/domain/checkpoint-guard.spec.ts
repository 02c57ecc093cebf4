import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildTree, consistencyProof, leafHash } from '@touchstone/merkle';
import { checkCheckpoint } from './checkpoint-guard.js';

const leaves = Array.from({ length: 64 }, (_, index) => leafHash(Uint8Array.of(index)));
const rootAt = (size: number): Uint8Array => buildTree(leaves.slice(0, size)).root;
const signedAt = (size: number) =>
  size === 0 ? undefined : { size: BigInt(size), root: rootAt(size), note: '' };
const request = (from: number, to: number) => ({
  size: BigInt(to),
  root: rootAt(to),
  fromSize: BigInt(from),
  proof: from === 0 ? [] : consistencyProof(leaves.slice(0, to), from),
});
const size = fc.integer({ min: 1, max: 64 });

describe('checkCheckpoint', () => {
  it('lets every honest extension pass', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 63 }), size, (from, grow) => {
        const to = Math.min(64, from + grow);
        expect(checkCheckpoint(request(from, to), signedAt(from))).toBe('extends');
      }),
    );
  });

  it('recognises the last checkpoint', () => {
    fc.assert(fc.property(size, (at) => expect(checkCheckpoint(request(0, at), signedAt(at))).toBe('same')));
  });

  it('refuses a smaller size, another root, a gap and any changed proof', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 62 }), size, fc.nat(31), (from, grow, position) => {
        const to = Math.min(64, from + grow);
        const last = signedAt(from);
        const honest = request(from, to);
        const root = Uint8Array.from(honest.root);
        root[position] = (root[position] ?? 0) ^ 1;
        const refused = [
          request(0, from - 1),
          { ...request(0, from), root },
          { ...honest, root },
          { ...honest, fromSize: BigInt(from - 1) },
          { ...honest, proof: honest.proof.slice(1) },
          { ...honest, proof: [...honest.proof, root] },
        ];
        for (const [index, bad] of refused.entries()) {
          if (index === 4 && honest.proof.length === 0) continue;
          expect(() => checkCheckpoint(bad, last)).toThrow(/not signed/);
        }
      }),
    );
  });

  it('refuses a proof from the empty tree that is not empty, and the empty tree itself', () => {
    expect(() => checkCheckpoint({ ...request(0, 3), proof: [rootAt(1)] }, undefined)).toThrow(/empty/);
    expect(() => checkCheckpoint({ size: 0n, root: rootAt(1), fromSize: 0n, proof: [] }, undefined)).toThrow(
      /differs/,
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { consistencyProof, leafHash, merkleRoot, TREE_SIZE_MAX, verifyConsistency } from './index.js';

const SIZE_MAX = 70;
const leaves = Array.from({ length: SIZE_MAX }, (_, index) => leafHash(Uint8Array.of(index)));
const hashOf = (byte: number): Uint8Array => leafHash(Uint8Array.of(byte));
const refusal = (reason: string): unknown => expect.objectContaining({ reason });

function flipped(hash: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(hash);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

describe('verifyConsistency', () => {
  const claimOf = (size1: number, size2: number): Parameters<typeof verifyConsistency>[0] => ({
    size1: BigInt(size1),
    size2: BigInt(size2),
    root1: merkleRoot(leaves.slice(0, size1)),
    root2: merkleRoot(leaves.slice(0, size2)),
    proof: consistencyProof(leaves.slice(0, size2), size1),
  });
  const sizes = fc.integer({ min: 1, max: SIZE_MAX }).chain((size2) => {
    return fc.record({ size1: fc.integer({ min: 1, max: size2 }), size2: fc.constant(size2) });
  });

  it('accepts every pair of sizes up to 40', () => {
    for (let size2 = 1; size2 <= 40; size2 += 1) {
      for (let size1 = 1; size1 <= size2; size1 += 1)
        expect(verifyConsistency(claimOf(size1, size2))).toEqual({ ok: true });
    }
  });

  it('refuses any flipped bit, another length and other sizes', () => {
    fc.assert(
      fc.property(sizes, fc.nat({ max: 255 }), fc.nat(), ({ size1, size2 }, bit, pick) => {
        const claim = claimOf(size1, size2);
        const { proof } = claim;
        expect(verifyConsistency({ ...claim, root1: flipped(claim.root1, bit) }).ok).toBe(false);
        expect(verifyConsistency({ ...claim, root2: flipped(claim.root2, bit) }).ok).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...proof, hashOf(1)] }).ok).toBe(false);
        if (size1 !== size2) expect(verifyConsistency({ ...claim, size2: BigInt(size1) }).ok).toBe(false);
        if (proof.length === 0) return;
        expect(verifyConsistency({ ...claim, proof: proof.slice(1) }).ok).toBe(false);
        expect(verifyConsistency({ ...claim, proof: proof.slice(0, -1) }).ok).toBe(false);
        const changed = proof.map((hash, step) => (step === pick % proof.length ? flipped(hash, bit) : hash));
        expect(verifyConsistency({ ...claim, proof: changed }).ok).toBe(false);
      }),
    );
  });

  it.each<[string, Partial<Parameters<typeof verifyConsistency>[0]>, string]>([
    ['size 0', { size1: 0n }, 'empty-tree'],
    ['a negative size', { size1: -1n }, 'tree-size-out-of-range'],
    ['sizes that shrink', { size1: 8n }, 'tree-size-out-of-range'],
    ['a size above 2^64 - 1', { size2: TREE_SIZE_MAX + 1n }, 'tree-size-out-of-range'],
    ['a short root', { root1: new Uint8Array(31) }, 'hash-length'],
    ['a short hash', { proof: [new Uint8Array(31)] }, 'hash-length'],
    ['no proof', { proof: [] }, 'path-length'],
    ['a proof between equal sizes', { size1: 7n }, 'path-length'],
    ['other roots of equal sizes', { size1: 7n, proof: [] }, 'root-mismatch'],
  ])('refuses %s', (_name, change, reason) => {
    expect(verifyConsistency({ ...claimOf(3, 7), ...change })).toEqual({ ok: false, reason });
  });

  it('is not made for a size that the log never had', () => {
    expect(() => consistencyProof(leaves.slice(0, 4), 5)).toThrow(refusal('tree-size-out-of-range'));
    expect(() => consistencyProof(leaves.slice(0, 4), 0)).toThrow(refusal('tree-size-out-of-range'));
    expect(() => consistencyProof([], 1)).toThrow(refusal('tree-size-out-of-range'));
  });
});

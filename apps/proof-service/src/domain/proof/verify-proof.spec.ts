import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { buildTree, leafHash, toPositionedPath } from '@touchstone/merkle';
import fc from 'fast-check';
import { verifyProof, type ProofClaim } from './verify-proof.js';

const preimage = new Uint8Array(200).fill(7);
const leaves = [sha256(preimage), ...Array.from({ length: 6 }, (_, index) => sha256(Uint8Array.of(index)))];
const tree = buildTree(leaves.map(leafHash));

function claimOf(index: number): ProofClaim {
  const rootHex = bytesToHex(tree.root);
  const path = toPositionedPath(tree.path(index), BigInt(index), BigInt(leaves.length));
  return {
    proof: { leafIndex: index, treeSize: leaves.length, path, rootHex },
    merkleRoot: rootHex,
    leafData: bytesToHex(leaves[index] as Uint8Array),
  };
}

describe('verify a path', () => {
  it('passes for every leaf, with the preimage marked as not checked', () => {
    for (const index of leaves.keys()) {
      expect(verifyProof(claimOf(index))).toMatchObject({ valid: true, preimage: 'not-checked' });
    }
  });

  it('hashes a preimage of 200 bytes itself', () => {
    const verdict = verifyProof({ ...claimOf(0), leafData: bytesToHex(preimage) });
    expect(verdict).toMatchObject({ valid: true, preimage: 'checked' });
    expect(verifyProof({ ...claimOf(1), leafData: bytesToHex(preimage) }).valid).toBe(false);
  });

  it('fails for a root that is not the one asked about, though the path is right', () => {
    const verdict = verifyProof({ ...claimOf(0), merkleRoot: '00'.repeat(32) });
    expect(verdict.valid).toBe(false);
    expect(verdict.checks.filter(({ status }) => status === 'fail').map(({ name }) => name)).toEqual([
      'root',
    ]);
  });

  it('fails for a side that the place does not have (second presentation of one path)', () => {
    const good = claimOf(2);
    const path = good.proof.path.map(({ hash, pos }) => ({
      hash,
      pos: pos === 'L' ? ('R' as const) : ('L' as const),
    }));
    const verdict = verifyProof({ ...good, proof: { ...good.proof, path } });
    expect(verdict.checks.at(-1)).toMatchObject({ name: 'inclusion', status: 'fail', detail: 'path-side' });
  });

  it('never passes for another index or another hash', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.nat(20), fc.nat(2), (index, leafIndex, at) => {
        const good = claimOf(index);
        if (leafIndex !== index) {
          expect(verifyProof({ ...good, proof: { ...good.proof, leafIndex } }).valid).toBe(false);
        }
        const path = good.proof.path.map((step, place) =>
          place === at ? { ...step, hash: '00'.repeat(32) } : step,
        );
        const changed = verifyProof({ ...good, proof: { ...good.proof, path } });
        expect(changed.valid).toBe(at >= path.length);
      }),
    );
  });
});

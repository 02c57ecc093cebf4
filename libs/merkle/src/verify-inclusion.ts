import type { MerkleReason, MerkleVerification } from './merkle-error.js';
import { equalHashes, isHash, nodeHash } from './tree-hash.js';
import { isTreeSize, pathSides, type Side } from './tree-shape.js';

/** An inclusion proof of RFC 9162 section 2.1.3, with bigint sizes since logs count beyond 2^53. */
export interface InclusionProof {
  readonly leafHash: Uint8Array;
  readonly leafIndex: bigint;
  readonly treeSize: bigint;
  /** Siblings from leaf to root. */
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/**
 * Verifies that a leaf is in the tree (RFC 9162 section 2.1.3.2). Never throws on an untrusted proof.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { buildTree, leafHashOfText, verifyInclusion } from '@touchstone/merkle';
 *
 * const leaves = ['a', 'b', 'c'].map(leafHashOfText);
 * const { root, path } = buildTree(leaves);
 * const proof = { leafHash: leafHashOfText('c'), leafIndex: 2n, treeSize: 3n, path: path(2), root };
 * assert.deepEqual(verifyInclusion(proof), { ok: true });
 * assert.deepEqual(verifyInclusion({ ...proof, path: [] }), { ok: false, reason: 'path-length' });
 * ```
 */
export function verifyInclusion(proof: InclusionProof): MerkleVerification {
  const { leafIndex, treeSize, path } = proof;
  const placed = sidesOf(leafIndex, treeSize);
  if (!placed.ok) return placed;
  if (!path.every(isHash)) return refused('hash-length');
  return climb(proof, path, placed.sides);
}

/** Whether a path of hashes leads from the leaf to the root, given the side of every step. */
export function climb(
  { leafHash, root }: Pick<InclusionProof, 'leafHash' | 'root'>,
  path: readonly Uint8Array[],
  sides: readonly Side[],
): MerkleVerification {
  if (!isHash(leafHash) || !isHash(root)) return refused('hash-length');
  if (path.length !== sides.length) return refused('path-length');
  let hash = leafHash;
  for (let step = 0; step < sides.length; step += 1) {
    const sibling = path[step] as Uint8Array;
    hash = sides[step] === 'L' ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  return equalHashes(hash, root) ? { ok: true } : refused('root-mismatch');
}

/** {@link pathSides} for untrusted numbers. */
export function sidesOf(
  leafIndex: bigint,
  treeSize: bigint,
): { ok: true; sides: Side[] } | { ok: false; reason: MerkleReason } {
  if (!isTreeSize(treeSize)) return { ok: false, reason: 'tree-size-out-of-range' };
  if (leafIndex < 0n || leafIndex >= treeSize) return { ok: false, reason: 'index-out-of-range' };
  return { ok: true, sides: pathSides(leafIndex, treeSize) };
}

function refused(reason: MerkleReason): MerkleVerification {
  return { ok: false, reason };
}

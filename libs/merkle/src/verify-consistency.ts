import type { MerkleReason, MerkleVerification } from './merkle-error.js';
import { equalHashes, isHash, nodeHash } from './tree-hash.js';
import { isTreeSize } from './tree-shape.js';

/** A consistency proof of RFC 9162 section 2.1.4. */
export interface ConsistencyProof {
  readonly size1: bigint;
  readonly size2: bigint;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Verifies that the tree of `size1` is a prefix of the tree of `size2` (RFC 9162 section 2.1.4.2).
 *
 * Size 0 is refused, even (0, 0) with equal roots and an empty proof: every log is consistent with an empty one, so
 * that such a proof would prove nothing and could only be mistaken for one that does. Never throws on an untrusted
 * proof.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { consistencyProof, leafHashOfText, merkleRoot, verifyConsistency } from '@touchstone/merkle';
 *
 * const leaves = ['a', 'b', 'c', 'd', 'e'].map(leafHashOfText);
 * const root1 = merkleRoot(leaves.slice(0, 3));
 * const claim = {
 *   size1: 3n,
 *   size2: 5n,
 *   root1,
 *   root2: merkleRoot(leaves),
 *   proof: consistencyProof(leaves, 3),
 * };
 * assert.deepEqual(verifyConsistency(claim), { ok: true });
 * const rewritten = merkleRoot([leafHashOfText('x'), ...leaves.slice(1, 3)]);
 * assert.deepEqual(verifyConsistency({ ...claim, root1: rewritten }), {
 *   ok: false,
 *   reason: 'root-mismatch',
 * });
 * ```
 */
export function verifyConsistency(claim: ConsistencyProof): MerkleVerification {
  const { size1, size2, root1, root2, proof } = claim;
  if (size1 === 0n) return refused('empty-tree');
  if (!isTreeSize(size1) || !isTreeSize(size2) || size1 > size2) return refused('tree-size-out-of-range');
  if (size1 === size2) {
    // Nothing is hashed here, hence roots of any length may be equal, as the vectors of transparency-dev/merkle want.
    if (proof.length > 0) return refused('path-length');
    return equalHashes(root1, root2) ? { ok: true } : refused('root-mismatch');
  }
  if (![root1, root2, ...proof].every(isHash)) return refused('hash-length');
  // A complete first tree is itself a node of the second; its root is known and not sent.
  const [first, ...rest] = (size1 & (size1 - 1n)) === 0n ? [root1, ...proof] : proof;
  if (first === undefined) return refused('path-length');
  const roots = foldRoots(size1, size2, first, rest);
  if (roots === undefined) return refused('path-length');
  return equalHashes(roots.root1, root1) && equalHashes(roots.root2, root2)
    ? { ok: true }
    : refused('root-mismatch');
}

/** Both roots that a proof leads to, or `undefined` when it has another length than the sizes ask for. */
function foldRoots(
  size1: bigint,
  size2: bigint,
  first: Uint8Array,
  rest: readonly Uint8Array[],
): { root1: Uint8Array; root2: Uint8Array } | undefined {
  let node1 = size1 - 1n;
  let node2 = size2 - 1n;
  const ascend = (): void => {
    node1 >>= 1n;
    node2 >>= 1n;
  };
  while ((node1 & 1n) === 1n) ascend();
  let root1 = first;
  let root2 = first;
  for (const hash of rest) {
    if (node2 === 0n) return undefined;
    if ((node1 & 1n) === 1n || node1 === node2) {
      root1 = nodeHash(hash, root1);
      root2 = nodeHash(hash, root2);
      while ((node1 & 1n) === 0n && node1 !== 0n) ascend();
    } else {
      root2 = nodeHash(root2, hash);
    }
    ascend();
  }
  return node2 === 0n ? { root1, root2 } : undefined;
}

function refused(reason: MerkleReason): MerkleVerification {
  return { ok: false, reason };
}

import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { MerkleError, type MerkleVerification } from './merkle-error.js';
import { HASH_BYTES } from './tree-hash.js';
import type { Side } from './tree-shape.js';
import { climb, sidesOf } from './verify-inclusion.js';

/** One step of a path as it travels: the sibling in lower-case hex, and the side where it stands. */
export interface PositionedHash {
  readonly hash: string;
  readonly pos: Side;
}

/** An inclusion proof as it travels in a bundle; sizes are bigint here, the wire spells them as the context asks. */
export interface PositionedProof {
  readonly leafHash: Uint8Array;
  readonly leafIndex: bigint;
  readonly treeSize: bigint;
  /** From leaf to root. */
  readonly path: readonly PositionedHash[];
  readonly root: Uint8Array;
}

/**
 * Writes a path of RFC 9162 with the side of every sibling.
 *
 * @throws MerkleError when index, size and length of the path do not belong together
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { buildTree, leafHashOfText, toPositionedPath, verifyPositionedPath } from '@touchstone/merkle';
 *
 * const leaves = ['a', 'b', 'c'].map(leafHashOfText);
 * const tree = buildTree(leaves);
 * const path = toPositionedPath(tree.path(2), 2n, 3n);
 * assert.deepEqual(
 *   path.map(({ pos }) => pos),
 *   ['L'],
 * );
 *
 * const proof = { leafHash: leafHashOfText('c'), leafIndex: 2n, treeSize: 3n, path, root: tree.root };
 * assert.deepEqual(verifyPositionedPath(proof), { ok: true });
 * ```
 */
export function toPositionedPath(
  path: readonly Uint8Array[],
  leafIndex: bigint,
  treeSize: bigint,
): PositionedHash[] {
  const placed = sidesOf(leafIndex, treeSize);
  if (!placed.ok)
    throw new MerkleError(placed.reason, `There is no leaf ${leafIndex} in a tree of ${treeSize}.`);
  const { sides } = placed;
  if (path.length !== sides.length) {
    throw new MerkleError(
      'path-length',
      `The path of leaf ${leafIndex} of ${treeSize} has ${sides.length} steps.`,
    );
  }
  return sides.map((pos, step) => ({ hash: bytesToHex(path[step] as Uint8Array), pos }));
}

/**
 * Verifies a path with sides. Length and sides are derived from (leafIndex, treeSize); a path that claims another
 * side is refused even if it leads to the root. Never throws on an untrusted proof.
 */
export function verifyPositionedPath(proof: PositionedProof): MerkleVerification {
  const placed = sidesOf(proof.leafIndex, proof.treeSize);
  if (!placed.ok) return placed;
  if (proof.path.length !== placed.sides.length) return { ok: false, reason: 'path-length' };
  if (proof.path.some(({ pos }, step) => pos !== placed.sides[step]))
    return { ok: false, reason: 'path-side' };
  const path = positionedHashes(proof.path);
  if (path === undefined) return { ok: false, reason: 'hash-length' };
  return climb(proof, path, placed.sides);
}

/** Reads the hashes of a path, or `undefined` when one is not 64 lower-case hex characters. */
export function positionedHashes(path: readonly PositionedHash[]): Uint8Array[] | undefined {
  const hashes: Uint8Array[] = [];
  for (const { hash } of path) {
    const bytes = hexToBytes(hash, HASH_BYTES);
    if (bytes === undefined) return undefined;
    hashes.push(bytes);
  }
  return hashes;
}

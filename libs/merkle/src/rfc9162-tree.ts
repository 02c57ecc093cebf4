import { consistencyNodes } from './log-proofs.js';
import { MerkleError } from './merkle-error.js';
import { checkHash, emptyRoot, leafHash, nodeHash } from './tree-hash.js';

/** A whole tree in memory: the root and the inclusion path of every leaf cost one hash per inner node together. */
export interface MerkleTree {
  /** Number of leaves. */
  readonly size: number;
  readonly root: Uint8Array;
  /**
   * Siblings of the leaf at `index` from leaf to root (RFC 9162 section 2.1.3.1). They are the tree's own nodes,
   * shared by all paths: read them only.
   *
   * @throws MerkleError `index-out-of-range`
   */
  path(index: number): Uint8Array[];
}

/** Root of the tree over leaf *data*: every entry is hashed as a leaf first. */
export function merkleRootOfData(leaves: readonly Uint8Array[]): Uint8Array {
  return merkleRoot(leaves.map(leafHash));
}

/**
 * Root of the tree over leaf *hashes* (RFC 9162 section 2.1.1); of no leaves it is SHA-256 of nothing.
 *
 * @throws MerkleError `hash-length`
 */
export function merkleRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  return buildTree(leafHashes).root;
}

/**
 * Builds the tree over leaf *hashes* and keeps its levels.
 *
 * @throws MerkleError `hash-length`
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { buildTree, leafHashOfText, nodeHash } from '@touchstone/merkle';
 *
 * const [a, b] = [leafHashOfText('a'), leafHashOfText('b')];
 * const tree = buildTree([a, b]);
 * assert.deepEqual(tree.root, nodeHash(a, b));
 * assert.deepEqual(tree.path(0), [b]); // siblings from leaf to root
 * ```
 */
export function buildTree(leafHashes: readonly Uint8Array[]): MerkleTree {
  const levels = treeLevels(leafHashes);
  const size = leafHashes.length;
  const [top] = levels[levels.length - 1] as Uint8Array[];
  return { size, root: top ?? emptyRoot(), path: (index) => siblings(levels, size, index) };
}

/**
 * Inclusion path of one leaf. Building a tree once is cheaper when several leaves are asked about.
 *
 * @throws MerkleError `hash-length` or `index-out-of-range`
 */
export function inclusionPath(leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  return buildTree(leafHashes).path(index);
}

/**
 * Proof that the tree over the first `size1` leaf hashes is a prefix of the tree over all (RFC 9162 section 2.1.4.1).
 *
 * @throws MerkleError `tree-size-out-of-range` unless 1 ≤ size1 ≤ number of leaves; `hash-length`
 */
export function consistencyProof(leafHashes: readonly Uint8Array[], size1: number): Uint8Array[] {
  const levels = treeLevels(leafHashes);
  const plan = consistencyNodes(BigInt(size1), BigInt(leafHashes.length));
  return plan.fold(plan.ids.map(({ level, index }) => levels[level]?.[Number(index)] as Uint8Array));
}

/** Levels from the leaves to the root. The last node of an odd level moves up unchanged. */
function treeLevels(leafHashes: readonly Uint8Array[]): Uint8Array[][] {
  leafHashes.forEach(checkHash);
  let level = [...leafHashes];
  const levels = [level];
  while (level.length > 1) {
    level = nextLevel(level);
    levels.push(level);
  }
  return levels;
}

function nextLevel(level: readonly Uint8Array[]): Uint8Array[] {
  const next = new Array<Uint8Array>(Math.ceil(level.length / 2));
  for (let index = 0; index < next.length; index += 1) {
    const left = level[2 * index] as Uint8Array;
    const right = level[2 * index + 1];
    next[index] = right === undefined ? left : nodeHash(left, right);
  }
  return next;
}

function siblings(levels: readonly Uint8Array[][], size: number, index: number): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= size) {
    throw new MerkleError('index-out-of-range', `Leaf ${index} is not one of ${size}.`);
  }
  const path: Uint8Array[] = [];
  let position = index;
  for (const level of levels) {
    const sibling = level[position ^ 1];
    if (sibling !== undefined) path.push(sibling);
    position >>>= 1;
  }
  return path;
}

import { MerkleError } from './merkle-error.js';
import { type NodeId, rangeNodes } from './log-nodes.js';
import { nodeHash } from './tree-hash.js';
import { isTreeSize, splitPoint } from './tree-shape.js';

/**
 * Which stored nodes a proof needs, and how to make the proof of them. Any store serves a proof with one query:
 * fetch `ids`, keep their order, call `fold`.
 */
export interface NodePlan<Folded> {
  readonly ids: readonly NodeId[];
  /**
   * Makes the proof of the hashes of `ids`, in the same order.
   *
   * @throws MerkleError `path-length` when their number differs, `hash-length` when one is not 32 bytes
   */
  fold(hashes: readonly Uint8Array[]): Folded;
}

/** A range of leaves, `begin` included and `end` not, whose subtree hash is one element of a proof. */
interface LeafRange {
  readonly begin: bigint;
  readonly end: bigint;
}

/**
 * Plans the root of the first `size` leaves.
 *
 * @throws MerkleError `tree-size-out-of-range`
 */
export function rootNodes(size: bigint): NodePlan<Uint8Array> {
  checkSize(size);
  const { ids, fold } = planOf([{ begin: 0n, end: size }]);
  return { ids, fold: (hashes) => fold(hashes)[0] as Uint8Array };
}

/**
 * Plans the inclusion path of a leaf in the tree of the first `size` leaves (RFC 9162 section 2.1.3.1), at any size
 * that the log has had, not only at its newest.
 *
 * @throws MerkleError `tree-size-out-of-range` or `index-out-of-range`
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { CompactRange, inclusionNodes, leafHashOfText, verifyInclusion } from '@touchstone/merkle';
 *
 * const store = new Map<string, Uint8Array>();
 * const log = CompactRange.empty();
 * for (const entry of ['a', 'b', 'c', 'd', 'e']) {
 *   for (const { level, index, hash } of log.append(leafHashOfText(entry)))
 *     store.set(`${level}/${index}`, hash);
 * }
 *
 * const plan = inclusionNodes(2n, log.size);
 * const path = plan.fold(plan.ids.map(({ level, index }) => store.get(`${level}/${index}`) as Uint8Array));
 * const proof = { leafHash: leafHashOfText('c'), leafIndex: 2n, treeSize: log.size, path, root: log.root() };
 * assert.deepEqual(verifyInclusion(proof), { ok: true });
 * ```
 */
export function inclusionNodes(leafIndex: bigint, size: bigint): NodePlan<Uint8Array[]> {
  checkSize(size);
  if (leafIndex < 0n || leafIndex >= size) {
    throw new MerkleError('index-out-of-range', `Leaf ${leafIndex} is not one of ${size}.`);
  }
  const ranges: LeafRange[] = [];
  let begin = 0n;
  let end = size;
  while (end - begin > 1n) {
    const middle = begin + splitPoint(end - begin);
    if (leafIndex < middle) {
      ranges.push({ begin: middle, end });
      end = middle;
    } else {
      ranges.push({ begin, end: middle });
      begin = middle;
    }
  }
  return planOf(ranges.reverse());
}

/**
 * Plans the consistency proof between two sizes of the log (RFC 9162 section 2.1.4.1).
 *
 * @throws MerkleError `tree-size-out-of-range` unless 1 ≤ size1 ≤ size2
 */
export function consistencyNodes(size1: bigint, size2: bigint): NodePlan<Uint8Array[]> {
  checkSize(size1);
  checkSize(size2);
  if (size1 > size2) {
    throw new MerkleError('tree-size-out-of-range', `Size ${size1} is above size ${size2}.`);
  }
  const ranges: LeafRange[] = [];
  let begin = 0n;
  let end = size2;
  while (end !== size1) {
    const middle = begin + splitPoint(end - begin);
    if (size1 <= middle) {
      ranges.push({ begin: middle, end });
      end = middle;
    } else {
      ranges.push({ begin, end: middle });
      begin = middle;
    }
  }
  // The first root itself is known to the verifier and not sent.
  if (begin > 0n) ranges.push({ begin, end });
  return planOf(ranges.reverse());
}

function planOf(ranges: readonly LeafRange[]): NodePlan<Uint8Array[]> {
  const groups = ranges.map(({ begin, end }) => rangeNodes(begin, end));
  const ids = groups.flat();
  const fold = (hashes: readonly Uint8Array[]): Uint8Array[] => {
    if (hashes.length !== ids.length) {
      throw new MerkleError('path-length', `The plan needs ${ids.length} nodes, not ${hashes.length}.`);
    }
    let start = 0;
    return groups.map((group) => {
      const end = start + group.length;
      const hash = foldRight(hashes.slice(start, end));
      start = end;
      return hash;
    });
  };
  return { ids, fold };
}

/** Hash of a subtree from its complete parts, left to right; there is at least one. */
export function foldRight(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

function checkSize(size: bigint): void {
  if (!isTreeSize(size)) {
    throw new MerkleError('tree-size-out-of-range', `A log of ${size} leaves has no such proof.`);
  }
}

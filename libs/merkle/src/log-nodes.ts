import { bitLength } from './tree-shape.js';

/**
 * Address of the root of a complete subtree: the one over the leaves `index · 2^level` to
 * `(index + 1) · 2^level − 1`. Such a node never changes again, so that a log stores it once, for ever.
 */
export interface NodeId {
  readonly level: number;
  readonly index: bigint;
}

/** A node that has become complete and is to be stored. */
export interface LogNode extends NodeId {
  readonly hash: Uint8Array;
}

/**
 * The complete subtrees that make up the leaves `begin` to `end − 1`, from left to right, as few as possible.
 *
 * The range must be a subtree of the split of RFC 9162: it starts at a multiple of the smallest power of two that
 * is not below its length. Its hash is then the fold of these nodes from the right.
 */
export function rangeNodes(begin: bigint, end: bigint): NodeId[] {
  const ids: NodeId[] = [];
  let start = begin;
  while (start < end) {
    const level = bitLength(end - start) - 1;
    ids.push({ level, index: start >> BigInt(level) });
    start += 1n << BigInt(level);
  }
  return ids;
}

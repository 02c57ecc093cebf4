/** Side of the sibling at one step of an inclusion path. */
export type Side = 'L' | 'R';

/** Largest number of leaves, 2^64 − 1 as in RFC 9162; it bounds every path at 64 steps. */
export const TREE_SIZE_MAX = (1n << 64n) - 1n;

/** True when a tree of `treeSize` leaves may be asked about at all. */
export function isTreeSize(treeSize: bigint): boolean {
  return treeSize >= 1n && treeSize <= TREE_SIZE_MAX;
}

/** Largest power of two below `size`, where RFC 9162 section 2.1.1 splits a tree; `size` is at least 2. */
export function splitPoint(size: bigint): bigint {
  return 1n << BigInt(bitLength(size - 1n) - 1);
}

/** Number of bits that `value` needs; it is at least 1. */
export function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/**
 * Sides of the siblings on the path of one leaf, from the leaf to the root, as RFC 9162 section 2.1.1 splits.
 *
 * Verifiers believe only these, never the length or the sides that a proof claims: an attacker who may choose them
 * can present the same hashes as the path of another leaf.
 *
 * @param leafIndex at least 0 and below `treeSize`
 * @param treeSize 1 to {@link TREE_SIZE_MAX}
 */
export function pathSides(leafIndex: bigint, treeSize: bigint): Side[] {
  const sides: Side[] = [];
  let index = leafIndex;
  // Index of the last node of the level: a node there without a right sibling moves up unchanged.
  let last = treeSize - 1n;
  while (last > 0n) {
    if ((index & 1n) === 1n) sides.push('L');
    else if (index < last) sides.push('R');
    index >>= 1n;
    last >>= 1n;
  }
  return sides;
}

import { CompactRange, HASH_BYTES, inclusionNodes, type NodeId } from '@touchstone/merkle';

/** The complete subtrees of a batch as one piece of bytes, from which any path is cut without hashing a leaf again. */
export interface StoredTree {
  readonly root: Uint8Array;
  /** All nodes of level 0, then all of level 1, and so on, {@link HASH_BYTES} each. */
  readonly nodes: Uint8Array;
}

/**
 * Builds the tree of a batch ahead of any question (R-PROOF-2).
 *
 * @param leafHashes hashes of the leaves, at least one
 */
export function storeTree(leafHashes: readonly Uint8Array[]): StoredTree {
  const range = CompactRange.empty();
  const size = leafHashes.length;
  const nodes = new Uint8Array(nodeOffset(size, { level: bitLength(size), index: 0n }));
  for (const hash of leafHashes) {
    for (const node of range.append(hash)) nodes.set(node.hash, nodeOffset(size, node));
  }
  return { root: range.root(), nodes };
}

/** Where the nodes of a path stand in {@link StoredTree.nodes}, and how to make the path of them. */
export function pathInTree(
  leafIndex: number,
  leafCount: number,
): { readonly offsets: readonly number[]; fold(hashes: readonly Uint8Array[]): Uint8Array[] } {
  const plan = inclusionNodes(BigInt(leafIndex), BigInt(leafCount));
  return { offsets: plan.ids.map((id) => nodeOffset(leafCount, id)), fold: (hashes) => plan.fold(hashes) };
}

/** Offset in bytes of a complete subtree's root; level `l` of a tree of `size` leaves has ⌊size / 2^l⌋ of them. */
function nodeOffset(size: number, { level, index }: NodeId): number {
  let before = 0;
  for (let below = 0; below < level; below += 1) before += Math.floor(size / 2 ** below);
  return HASH_BYTES * (before + Number(index));
}

function bitLength(value: number): number {
  return value.toString(2).length;
}

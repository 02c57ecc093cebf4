import { CompactRange, HASH_BYTES, inclusionNodes, toPositionedPath, type NodeId } from '@touchstone/merkle';
import type { StoredProfile } from './stored-tree.js';

/** `rfc9162-sha256`: what is stored are the complete subtrees, from which every path of the tree can be made. */
export const rfc9162Profile: Pick<StoredProfile, 'store' | 'path'> = {
  store: (leafHashes) => {
    const range = CompactRange.empty();
    const size = leafHashes.length;
    const nodes = new Uint8Array(nodeOffset(size, { level: bitLength(size), index: 0n }));
    for (const hash of leafHashes) {
      for (const node of range.append(hash)) nodes.set(node.hash, nodeOffset(size, node));
    }
    return { root: range.root(), nodes };
  },
  path: (leafIndex, leafCount) => {
    const [index, size] = [BigInt(leafIndex), BigInt(leafCount)];
    const plan = inclusionNodes(index, size);
    return {
      offsets: plan.ids.map((id) => nodeOffset(leafCount, id)),
      fold: (hashes) => toPositionedPath(plan.fold(hashes), index, size),
    };
  },
};

/** Offset in bytes of a complete subtree's root; level `l` of a tree of `size` leaves has ⌊size / 2^l⌋ of them. */
function nodeOffset(size: number, { level, index }: NodeId): number {
  let before = 0;
  for (let below = 0; below < level; below += 1) before += Math.floor(size / 2 ** below);
  return HASH_BYTES * (before + Number(index));
}

function bitLength(value: number): number {
  return value.toString(2).length;
}

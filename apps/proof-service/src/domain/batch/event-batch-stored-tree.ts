import { bytesToHex } from '@touchstone/crypto';
import { eventNodeHash, HASH_BYTES } from '@touchstone/merkle';
import type { StoredProfile } from './stored-tree.js';

/** `event-batch-v1`: level `l` of a tree of `size` leaves has ⌈size / 2^l⌉ nodes, and the last of an odd level is its own sibling. */
export const eventBatchProfile: Pick<StoredProfile, 'store' | 'path'> = {
  store: (leafHashes) => {
    const levels = [...leafHashes];
    let from = 0;
    for (let size = leafHashes.length; size > 1; size = Math.ceil(size / 2)) {
      for (let left = from; left < from + size; left += 2) {
        const right = left + 1 < from + size ? left + 1 : left;
        levels.push(eventNodeHash(levels[left] as Uint8Array, levels[right] as Uint8Array));
      }
      from += size;
    }
    const nodes = new Uint8Array(levels.length * HASH_BYTES);
    for (const [place, hash] of levels.entries()) nodes.set(hash, place * HASH_BYTES);
    return { root: levels.at(-1) as Uint8Array, nodes };
  },
  path: (leafIndex, leafCount) => {
    if (leafIndex < 0 || leafIndex >= leafCount)
      throw new RangeError(`There is no leaf ${leafIndex} of ${leafCount}.`);
    const steps: { readonly offset: number; readonly pos: 'L' | 'R' }[] = [];
    let from = 0;
    let index = leafIndex;
    for (let size = leafCount; size > 1; size = Math.ceil(size / 2)) {
      const neighbour = index ^ 1;
      const sibling = neighbour < size ? neighbour : index;
      steps.push({ offset: (from + sibling) * HASH_BYTES, pos: index % 2 === 1 ? 'L' : 'R' });
      from += size;
      index >>>= 1;
    }
    return {
      offsets: steps.map(({ offset }) => offset),
      fold: (hashes) => {
        if (hashes.length !== steps.length || hashes.some(({ length }) => length !== HASH_BYTES))
          throw new RangeError(`The path needs ${steps.length} nodes of ${HASH_BYTES} bytes.`);
        return hashes.map((hash, step) => ({ hash: bytesToHex(hash), pos: steps[step]?.pos ?? 'R' }));
      },
    };
  },
};

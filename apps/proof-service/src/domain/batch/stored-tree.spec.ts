import { describe, expect, it } from '@jest/globals';
import { buildEventBatchTree, buildTree, leafHash, toPositionedPath } from '@touchstone/merkle';
import { storedProfiles, type TreeProfile } from './stored-tree.js';

const hashes = (count: number) =>
  Array.from({ length: count }, (_, index) => leafHash(new TextEncoder().encode(`leaf ${index}`)));

/** As the library of trees builds them, one in memory at a time. */
const built = {
  'rfc9162-sha256': (leaves: readonly Uint8Array[]) => {
    const tree = buildTree(leaves);
    return {
      root: tree.root,
      path: (index: number) => toPositionedPath(tree.path(index), BigInt(index), BigInt(leaves.length)),
    };
  },
  'event-batch-v1': buildEventBatchTree,
} as const;

describe.each(Object.keys(storedProfiles) as TreeProfile[])('a stored tree of %s', (profile) => {
  const { store, path } = storedProfiles[profile];

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 100])(
    'of %d leaves gives root and every path as the profile has them',
    (count) => {
      const leaves = hashes(count);
      const stored = store(leaves);
      const tree = built[profile](leaves);
      expect(stored.root).toEqual(tree.root);
      for (let index = 0; index < count; index += 1) {
        const plan = path(index, count);
        const folded = plan.fold(plan.offsets.map((offset) => stored.nodes.slice(offset, offset + 32)));
        expect(folded).toEqual(tree.path(index));
      }
    },
  );

  it('needs about two nodes per leaf', () => {
    expect(store(hashes(5_000)).nodes.length).toBeLessThan(2.01 * 5_000 * 32);
  });

  it.each([
    [5, 5],
    [-1, 5],
    [0, 0],
  ])('refuses leaf %d of %d', (leafIndex, leafCount) => {
    expect(() => path(leafIndex, leafCount)).toThrow();
  });

  it('refuses a node that is missing or has another length', () => {
    const { fold, offsets } = path(2, 7);
    expect(() => fold([])).toThrow('nodes');
    expect(() => fold(offsets.map(() => new Uint8Array(31)))).toThrow();
  });
});

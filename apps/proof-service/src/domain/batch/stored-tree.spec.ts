import { describe, expect, it } from '@jest/globals';
import { buildTree, leafHash } from '@touchstone/merkle';
import { pathInTree, storeTree } from './stored-tree.js';

const hashes = (count: number) =>
  Array.from({ length: count }, (_, index) => leafHash(new TextEncoder().encode(`leaf ${index}`)));

describe('stored tree', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100])(
    'gives root and every path of a tree of %d leaves as RFC 9162 builds them',
    (count) => {
      const leaves = hashes(count);
      const stored = storeTree(leaves);
      const tree = buildTree(leaves);
      expect(stored.root).toEqual(tree.root);
      for (let index = 0; index < count; index += 1) {
        const plan = pathInTree(index, count);
        const path = plan.fold(plan.offsets.map((offset) => stored.nodes.slice(offset, offset + 32)));
        expect(path).toEqual(tree.path(index));
      }
    },
  );

  it('needs fewer than two nodes per leaf', () => {
    expect(storeTree(hashes(5_000)).nodes.length).toBeLessThan(2 * 5_000 * 32);
  });

  it.each([
    [5, 5],
    [-1, 5],
    [0, 0],
  ])('refuses leaf %d of %d', (leafIndex, leafCount) => {
    expect(() => pathInTree(leafIndex, leafCount)).toThrow();
  });

  it('refuses a node that is missing or has another length', () => {
    const { fold } = pathInTree(2, 7);
    expect(() => fold([])).toThrow('nodes');
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  buildTree,
  CompactRange,
  consistencyNodes,
  consistencyProof,
  emptyRoot,
  inclusionNodes,
  leafHash,
  type LogNode,
  merkleRoot,
  type NodeId,
  rangeNodes,
  rootNodes,
  TREE_SIZE_MAX,
} from './index.js';

const SIZE_MAX = 300;
const leaves = Array.from({ length: SIZE_MAX }, (_, index) =>
  leafHash(Uint8Array.of(index & 0xff, index >> 8)),
);
const keyOf = ({ level, index }: NodeId): string => `${level}/${index}`;
const refusal = (reason: string): unknown => expect.objectContaining({ reason });

/** A store as a database is one: insert only, a second write of a node is an error. */
class NodeStore {
  private readonly nodes = new Map<string, Uint8Array>();

  insert(nodes: readonly LogNode[]): void {
    for (const node of nodes) {
      if (this.nodes.has(keyOf(node))) throw new Error(`node ${keyOf(node)} written twice`);
      this.nodes.set(keyOf(node), node.hash);
    }
  }

  fetch(ids: readonly NodeId[]): Uint8Array[] {
    return ids.map((id) => {
      const hash = this.nodes.get(keyOf(id));
      if (hash === undefined) throw new Error(`node ${keyOf(id)} is not stored`);
      return hash;
    });
  }

  get size(): number {
    return this.nodes.size;
  }
}

const store = new NodeStore();
const grown = CompactRange.empty();
const rootsAtSize = [grown.root()];
for (const leaf of leaves) {
  store.insert(grown.append(leaf));
  rootsAtSize.push(grown.root());
}

const sizes = fc.integer({ min: 1, max: SIZE_MAX }).chain((size2) => {
  return fc.record({ size1: fc.integer({ min: 1, max: size2 }), size2: fc.constant(size2) });
});

describe('CompactRange', () => {
  it('has the root of the batch tree at every size', () => {
    expect(rootsAtSize[0]).toEqual(emptyRoot());
    for (let size = 1; size <= SIZE_MAX; size += 1)
      expect(rootsAtSize[size]).toEqual(merkleRoot(leaves.slice(0, size)));
  });

  it('stores fewer than two nodes per leaf', () => {
    expect(grown.size).toBe(BigInt(SIZE_MAX));
    expect(store.size).toBeLessThan(2 * SIZE_MAX);
  });

  it('goes on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(fc.nat({ max: SIZE_MAX }), (size) => {
        const range = CompactRange.restore(BigInt(size), store.fetch(rangeNodes(0n, BigInt(size))));
        expect(range.root()).toEqual(rootsAtSize[size]);
        leaves.slice(size).forEach((leaf) => range.append(leaf));
        expect(range.root()).toEqual(rootsAtSize[SIZE_MAX]);
      }),
    );
  });

  it('refuses a frontier that does not fit the size', () => {
    const hashes = store.fetch(rangeNodes(0n, 7n));
    expect(() => CompactRange.restore(8n, hashes)).toThrow(refusal('path-length'));
    expect(() => CompactRange.restore(0n, hashes)).toThrow(refusal('path-length'));
    expect(() => CompactRange.restore(-1n, [])).toThrow(refusal('tree-size-out-of-range'));
    expect(() => CompactRange.restore(TREE_SIZE_MAX + 1n, hashes)).toThrow(refusal('tree-size-out-of-range'));
    expect(() => CompactRange.restore(1n, [new Uint8Array(31)])).toThrow(refusal('hash-length'));
  });

  it('fills up at 2^64 - 1 leaves and refuses one more', () => {
    const [leaf] = leaves as [Uint8Array];
    const frontier = (count: number): Uint8Array[] => Array.from({ length: count }, () => leaf);
    const range = CompactRange.restore(TREE_SIZE_MAX - 1n, frontier(63));
    expect(range.append(leaf)).toHaveLength(1);
    expect(range.size).toBe(TREE_SIZE_MAX);
    expect(() => range.append(leaf)).toThrow(refusal('tree-size-out-of-range'));
    expect(() => CompactRange.empty().append(new Uint8Array(33))).toThrow(refusal('hash-length'));
  });
});

describe('node plans', () => {
  it('give the root, inclusion paths and consistency proofs of the batch tree at any size', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), ({ size1, size2 }, pick) => {
        const index = pick % size2;
        const root = rootNodes(BigInt(size2));
        const inclusion = inclusionNodes(BigInt(index), BigInt(size2));
        const consistency = consistencyNodes(BigInt(size1), BigInt(size2));
        const tree = buildTree(leaves.slice(0, size2));
        expect(root.fold(store.fetch(root.ids))).toEqual(tree.root);
        expect(inclusion.fold(store.fetch(inclusion.ids))).toEqual(tree.path(index));
        expect(consistency.fold(store.fetch(consistency.ids))).toEqual(
          consistencyProof(leaves.slice(0, size2), size1),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('need few nodes of the largest log', () => {
    expect(inclusionNodes(0n, TREE_SIZE_MAX).ids.length).toBeLessThanOrEqual(128);
    expect(inclusionNodes(TREE_SIZE_MAX - 1n, TREE_SIZE_MAX).ids).toHaveLength(63);
    expect(consistencyNodes(1n << 63n, TREE_SIZE_MAX).ids.length).toBeLessThanOrEqual(64);
    expect(rootNodes(TREE_SIZE_MAX).ids).toHaveLength(64);
  });

  it('need nothing for equal sizes and for a log of one leaf', () => {
    expect(consistencyNodes(5n, 5n).fold([])).toEqual([]);
    expect(inclusionNodes(0n, 1n).fold([])).toEqual([]);
    expect(rangeNodes(0n, 0n)).toEqual([]);
  });

  it('refuse another number of hashes, and hashes of another length', () => {
    const plan = inclusionNodes(0n, 7n);
    const hashes = store.fetch(plan.ids);
    expect(() => plan.fold(hashes.slice(1))).toThrow(refusal('path-length'));
    expect(() => plan.fold([...hashes, ...hashes])).toThrow(refusal('path-length'));
    const root = rootNodes(3n);
    expect(() => root.fold([new Uint8Array(31), leaves[0] as Uint8Array])).toThrow(refusal('hash-length'));
  });

  it.each<[string, () => unknown, string]>([
    ['the root of no leaves', () => rootNodes(0n), 'tree-size-out-of-range'],
    ['a leaf of no leaves', () => inclusionNodes(0n, 0n), 'tree-size-out-of-range'],
    ['a leaf behind the end', () => inclusionNodes(3n, 3n), 'index-out-of-range'],
    ['a negative leaf', () => inclusionNodes(-1n, 3n), 'index-out-of-range'],
    ['consistency with nothing', () => consistencyNodes(0n, 3n), 'tree-size-out-of-range'],
    ['a log that shrinks', () => consistencyNodes(4n, 3n), 'tree-size-out-of-range'],
    ['a log beyond 2^64 - 1', () => consistencyNodes(1n, TREE_SIZE_MAX + 1n), 'tree-size-out-of-range'],
  ])('are not made for %s', (_name, plan, reason) => {
    expect(plan).toThrow(refusal(reason));
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import {
  buildEventBatchTree,
  EVENT_LENGTH_REFUSED,
  type EventBatchProof,
  eventLeafHash,
  eventNodeHash,
  TREE_SIZE_MAX,
  verifyEventBatchPath,
} from './index.js';

const COUNT_MAX = 70;
const leaves = Array.from({ length: COUNT_MAX }, (_, index) => eventLeafHash(Uint8Array.of(index)));
const leaf = (index: number): Uint8Array => leaves[index] as Uint8Array;
const refusal = (reason: string): unknown => expect.objectContaining({ reason });

function proofOf(index: number, count: number): EventBatchProof {
  const tree = buildEventBatchTree(leaves.slice(0, count));
  return {
    leafHash: leaf(index),
    leafIndex: BigInt(index),
    leafCount: BigInt(count),
    path: tree.path(index),
    root: tree.root,
  };
}

const leafAndCount = fc.integer({ min: 1, max: COUNT_MAX }).chain((count) => {
  return fc.record({ count: fc.constant(count), index: fc.nat({ max: count - 1 }) });
});

describe('buildEventBatchTree', () => {
  it('takes one leaf for the root', () => {
    expect(buildEventBatchTree([leaf(0)])).toMatchObject({ size: 1, root: leaf(0) });
    expect(buildEventBatchTree([leaf(0)]).path(0)).toEqual([]);
  });

  it('pairs the last hash of an odd level with itself', () => {
    const left = eventNodeHash(leaf(0), leaf(1));
    const right = eventNodeHash(leaf(2), leaf(2));
    const tree = buildEventBatchTree(leaves.slice(0, 3));
    expect(tree.root).toEqual(eventNodeHash(left, right));
    expect(tree.path(2)).toEqual([
      { hash: bytesToHex(leaf(2)), pos: 'R' },
      { hash: bytesToHex(left), pos: 'L' },
    ]);
  });

  it('hashes without prefixes', () => {
    expect(eventLeafHash(Uint8Array.of(1))).toEqual(sha256(Uint8Array.of(1)));
    expect(eventNodeHash(leaf(0), leaf(1))).toEqual(sha256(Uint8Array.of(...leaf(0), ...leaf(1))));
  });

  it('accepts events of 63 and 65 bytes and refuses 64', () => {
    expect(eventLeafHash(new Uint8Array(EVENT_LENGTH_REFUSED - 1))).toHaveLength(32);
    expect(eventLeafHash(new Uint8Array(EVENT_LENGTH_REFUSED + 1))).toHaveLength(32);
    expect(() => eventLeafHash(new Uint8Array(EVENT_LENGTH_REFUSED))).toThrow(refusal('event-length-64'));
  });

  it('refuses equal siblings on any level, and only siblings', () => {
    const doubled = (from: number, length: number): Uint8Array[] => {
      return [...leaves.slice(0, from + length), ...leaves.slice(from, from + length)];
    };
    expect(() => buildEventBatchTree(doubled(0, 1))).toThrow(refusal('equal-siblings'));
    expect(() => buildEventBatchTree(doubled(4, 2))).toThrow(refusal('equal-siblings'));
    expect(() => buildEventBatchTree(doubled(0, 8))).toThrow(refusal('equal-siblings'));
    expect(() => buildEventBatchTree([leaf(0), leaf(1), leaf(1)])).not.toThrow();
  });

  it('refuses an empty batch, hashes of another length and indexes outside', () => {
    expect(() => buildEventBatchTree([])).toThrow(refusal('empty-tree'));
    expect(() => buildEventBatchTree([new Uint8Array(64)])).toThrow(refusal('hash-length'));
    for (const index of [-1, 3, 0.5]) {
      expect(() => buildEventBatchTree(leaves.slice(0, 3)).path(index)).toThrow(
        refusal('index-out-of-range'),
      );
    }
  });
});

describe('verifyEventBatchPath', () => {
  it(`accepts every path of every count up to ${COUNT_MAX}`, () => {
    for (let count = 1; count <= COUNT_MAX; count += 1) {
      for (let index = 0; index < count; index += 1)
        expect(verifyEventBatchPath(proofOf(index, count))).toEqual({ ok: true });
    }
  });

  it('refuses any single change', () => {
    fc.assert(
      fc.property(leafAndCount, fc.nat(), fc.nat({ max: COUNT_MAX - 1 }), ({ count, index }, pick, other) => {
        const proof = proofOf(index, count);
        const foreign = bytesToHex(sha256(Uint8Array.of(1, 2, 3)));
        const change = (part: object) =>
          proof.path.map((step, at) => (at === pick % proof.path.length ? { ...step, ...part } : step));
        if (other !== index) {
          expect(verifyEventBatchPath({ ...proof, leafHash: leaf(other) }).ok).toBe(false);
          expect(verifyEventBatchPath({ ...proof, leafIndex: BigInt(other) }).ok).toBe(false);
        }
        expect(verifyEventBatchPath({ ...proof, root: sha256(proof.root) })).toEqual({
          ok: false,
          reason: 'root-mismatch',
        });
        expect(
          verifyEventBatchPath({ ...proof, path: [...proof.path, { hash: foreign, pos: 'R' }] }).ok,
        ).toBe(false);
        if (count === 1) return;
        expect(verifyEventBatchPath({ ...proof, path: proof.path.slice(1) }).ok).toBe(false);
        expect(verifyEventBatchPath({ ...proof, path: change({ hash: foreign }) }).ok).toBe(false);
        const side = proof.path[pick % proof.path.length]?.pos === 'L' ? 'R' : 'L';
        expect(verifyEventBatchPath({ ...proof, path: change({ pos: side }) })).toEqual({
          ok: false,
          reason: 'path-side',
        });
      }),
    );
  });

  it('refuses a sibling equal to the node where it has a neighbour, and another one where it has none', () => {
    const own = { hash: bytesToHex(leaf(0)), pos: 'R' as const };
    const twin = {
      leafHash: leaf(0),
      leafIndex: 0n,
      leafCount: 2n,
      path: [own],
      root: eventNodeHash(leaf(0), leaf(0)),
    };
    expect(verifyEventBatchPath(twin)).toEqual({ ok: false, reason: 'sibling-rule' });
    const proof = proofOf(2, 3);
    const path = [{ hash: bytesToHex(leaf(1)), pos: 'R' as const }, ...proof.path.slice(1)];
    expect(verifyEventBatchPath({ ...proof, path })).toEqual({ ok: false, reason: 'sibling-rule' });
  });

  it.each<[string, Partial<EventBatchProof>, string]>([
    ['no leaves', { leafCount: 0n }, 'tree-size-out-of-range'],
    ['too many leaves', { leafCount: TREE_SIZE_MAX + 1n }, 'tree-size-out-of-range'],
    ['a negative index', { leafIndex: -1n }, 'index-out-of-range'],
    ['an index at the count', { leafIndex: 2n }, 'index-out-of-range'],
    ['upper-case hex', { path: [{ hash: 'AB'.repeat(32), pos: 'R' }] }, 'hash-length'],
    ['a short leaf hash', { leafHash: new Uint8Array(31) }, 'hash-length'],
    ['a short root', { root: new Uint8Array(31) }, 'hash-length'],
    ['another root', { root: leaf(2) }, 'root-mismatch'],
    ['a missing path', { path: [] }, 'path-length'],
  ])('refuses %s', (_name, change, reason) => {
    expect(verifyEventBatchPath({ ...proofOf(0, 2), ...change })).toEqual({ ok: false, reason });
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  buildTree,
  emptyRoot,
  type InclusionProof,
  inclusionPath,
  leafHash,
  leafHashOfText,
  merkleRoot,
  merkleRootOfData,
  nodeHash,
  pathSides,
  toPositionedPath,
  TREE_SIZE_MAX,
  verifyInclusion,
  verifyPositionedPath,
} from './index.js';

const SIZE_MAX = 70;
const leaves = Array.from({ length: SIZE_MAX }, (_, index) => leafHash(Uint8Array.of(index)));
const hashOf = (byte: number): Uint8Array => leafHash(Uint8Array.of(byte));
const refusal = (reason: string): unknown => expect.objectContaining({ reason });

/** The definition of RFC 9162 section 2.1.1, word for word. */
function rootByDefinition(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0] as Uint8Array;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootByDefinition(hashes.slice(0, split)), rootByDefinition(hashes.slice(split)));
}

function proofOf(index: number, size: number): InclusionProof {
  const tree = buildTree(leaves.slice(0, size));
  const leaf = leaves[index] as Uint8Array;
  return {
    leafHash: leaf,
    leafIndex: BigInt(index),
    treeSize: BigInt(size),
    path: tree.path(index),
    root: tree.root,
  };
}

function flipped(hash: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(hash);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

const leafAndSize = fc.integer({ min: 1, max: SIZE_MAX }).chain((size) => {
  return fc.record({ size: fc.constant(size), index: fc.nat({ max: size - 1 }) });
});

describe('buildTree', () => {
  it('has the root that the definition gives, for every size', () => {
    for (let size = 1; size <= SIZE_MAX; size += 1) {
      expect(merkleRoot(leaves.slice(0, size))).toEqual(rootByDefinition(leaves.slice(0, size)));
    }
  });

  it('has SHA-256 of nothing as the root of no leaves', () => {
    expect(buildTree([])).toMatchObject({ size: 0, root: emptyRoot() });
    expect(merkleRootOfData([])).toEqual(emptyRoot());
  });

  it('tells leaf data from leaf hashes', () => {
    expect(merkleRootOfData([Uint8Array.of(0), Uint8Array.of(1)])).toEqual(merkleRoot(leaves.slice(0, 2)));
    expect(merkleRootOfData(leaves.slice(0, 2))).not.toEqual(merkleRoot(leaves.slice(0, 2)));
  });

  it('hashes leaves of any length, one after the other', () => {
    const long = new Uint8Array(10_000).fill(7);
    expect(leafHash(long)).toEqual(leafHash(long));
    expect(leafHash(Uint8Array.of(1))).toEqual(leaves[1]);
    expect(leafHash(new Uint8Array())).not.toEqual(emptyRoot());
  });

  it.each([
    ['nothing', ''],
    ['characters of one to four bytes', 'a\u00e9\u20ac\u{1f6cb}'],
    ['zeros', '\0\0'],
    // UTF-8 has no half of a pair: encoders write U+FFFD instead.
    ['half a surrogate pair', 'a\ud83d'],
    ['more than one block', 'x'.repeat(10_000)],
  ])('hashes a text like its bytes in UTF-8: %s', (_, text) => {
    expect(leafHashOfText(text)).toEqual(leafHash(new TextEncoder().encode(text)));
  });

  it.each([-1, 3, 0.5, Number.NaN])('has no path for leaf %p of 3', (index) => {
    expect(() => buildTree(leaves.slice(0, 3)).path(index)).toThrow(refusal('index-out-of-range'));
  });

  it('refuses hashes of another length', () => {
    expect(() => buildTree([new Uint8Array(31)])).toThrow(refusal('hash-length'));
    expect(() => nodeHash(hashOf(0), new Uint8Array(33))).toThrow(refusal('hash-length'));
    expect(() => nodeHash(new Uint8Array(), hashOf(0))).toThrow(refusal('hash-length'));
  });
});

describe('verifyInclusion', () => {
  it(`accepts every path of every size up to ${SIZE_MAX}, with and without sides`, () => {
    for (let size = 1; size <= SIZE_MAX; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = proofOf(index, size);
        const path = toPositionedPath(proof.path, proof.leafIndex, proof.treeSize);
        expect([verifyInclusion(proof), verifyPositionedPath({ ...proof, path })]).toEqual([
          { ok: true },
          { ok: true },
        ]);
      }
    }
    expect(inclusionPath(leaves, 5)).toEqual(proofOf(5, SIZE_MAX).path);
  });

  it('refuses any flipped bit of leaf, root or path', () => {
    fc.assert(
      fc.property(leafAndSize, fc.nat({ max: 255 }), fc.nat(), ({ size, index }, bit, pick) => {
        const proof = proofOf(index, size);
        const path = proof.path.map((hash, step) =>
          step === pick % proof.path.length ? flipped(hash, bit) : hash,
        );
        const mutations = [
          { ...proof, leafHash: flipped(proof.leafHash, bit) },
          { ...proof, root: flipped(proof.root, bit) },
          ...(path.length > 0 ? [{ ...proof, path }] : []),
        ];
        for (const mutation of mutations)
          expect(verifyInclusion(mutation)).toEqual({ ok: false, reason: 'root-mismatch' });
      }),
    );
  });

  it('refuses another index, a longer path and a shorter path', () => {
    fc.assert(
      fc.property(leafAndSize, fc.nat({ max: SIZE_MAX - 1 }), ({ size, index }, other) => {
        const proof = proofOf(index, size);
        if (other !== index) expect(verifyInclusion({ ...proof, leafIndex: BigInt(other) }).ok).toBe(false);
        expect(verifyInclusion({ ...proof, path: [...proof.path, proof.root] })).toEqual({
          ok: false,
          reason: 'path-length',
        });
        if (size > 1) expect(verifyInclusion({ ...proof, path: proof.path.slice(1) }).ok).toBe(false);
      }),
    );
  });

  it('refuses every size for which the path would have another shape', () => {
    fc.assert(
      fc.property(leafAndSize, fc.integer({ min: 1, max: 200 }), ({ size, index }, other) => {
        const proof = { ...proofOf(index, size), treeSize: BigInt(other) };
        if (other <= index)
          expect(verifyInclusion(proof)).toEqual({ ok: false, reason: 'index-out-of-range' });
        else {
          const same =
            pathSides(BigInt(index), BigInt(other)).join() === pathSides(BigInt(index), BigInt(size)).join();
          expect(verifyInclusion(proof).ok).toBe(same);
        }
      }),
    );
  });

  it.each<[string, Partial<InclusionProof>, string]>([
    ['a tree without leaves', { treeSize: 0n }, 'tree-size-out-of-range'],
    ['a negative size', { treeSize: -3n }, 'tree-size-out-of-range'],
    ['a size above 2^64 - 1', { treeSize: TREE_SIZE_MAX + 1n }, 'tree-size-out-of-range'],
    ['an astronomic size', { treeSize: 1n << 100_000n }, 'tree-size-out-of-range'],
    ['a negative index', { leafIndex: -1n }, 'index-out-of-range'],
    ['an index at the size', { leafIndex: 7n }, 'index-out-of-range'],
    ['a short leaf hash', { leafHash: new Uint8Array(31) }, 'hash-length'],
    ['a long root', { root: new Uint8Array(33) }, 'hash-length'],
    [
      'a hash in the path that is none',
      { path: [hashOf(1), hashOf(2), 'x' as unknown as Uint8Array] },
      'hash-length',
    ],
    ['the largest size with a short path', { treeSize: TREE_SIZE_MAX }, 'path-length'],
  ])('refuses %s', (_name, change, reason) => {
    expect(verifyInclusion({ ...proofOf(3, 7), ...change })).toEqual({ ok: false, reason });
  });
});

describe('verifyPositionedPath', () => {
  const proof = proofOf(3, 7);
  const path = toPositionedPath(proof.path, 3n, 7n);

  it('names sides by the sibling', () => {
    expect(path.map(({ pos }) => pos)).toEqual(['L', 'L', 'R']);
    expect(path[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(pathSides(6n, 7n)).toEqual(['L', 'L']);
    expect(pathSides(TREE_SIZE_MAX - 1n, TREE_SIZE_MAX)).toHaveLength(63);
  });

  it('refuses a claimed side that index and size do not give, even where the hashes are equal', () => {
    for (let step = 0; step < path.length; step += 1) {
      const changed = path.map((entry, at) =>
        at === step ? { ...entry, pos: entry.pos === 'L' ? 'R' : 'L' } : entry,
      );
      expect(verifyPositionedPath({ ...proof, path: changed as typeof path })).toEqual({
        ok: false,
        reason: 'path-side',
      });
    }
    const twin = buildTree([hashOf(1), hashOf(1)]);
    const claim = { leafHash: hashOf(1), leafIndex: 1n, treeSize: 2n, root: twin.root };
    expect(verifyPositionedPath({ ...claim, path: toPositionedPath(twin.path(0), 0n, 2n) })).toEqual({
      ok: false,
      reason: 'path-side',
    });
  });

  it.each(['', 'AB'.repeat(32), `0x${'a'.repeat(62)}`, 'a'.repeat(63), 'a'.repeat(66), 'g'.repeat(64)])(
    'refuses the hash %j',
    (hash) => {
      const changed = [{ ...path[0], hash } as (typeof path)[0], ...path.slice(1)];
      expect(verifyPositionedPath({ ...proof, path: changed as typeof path })).toEqual({
        ok: false,
        reason: 'hash-length',
      });
    },
  );

  it('refuses another length, another index and another root', () => {
    expect(verifyPositionedPath({ ...proof, path: path.slice(1) })).toEqual({
      ok: false,
      reason: 'path-length',
    });
    expect(verifyPositionedPath({ ...proof, path, leafIndex: 7n })).toEqual({
      ok: false,
      reason: 'index-out-of-range',
    });
    expect(verifyPositionedPath({ ...proof, path, root: hashOf(9) })).toEqual({
      ok: false,
      reason: 'root-mismatch',
    });
  });

  it('is not written for an index, a size and a path that do not belong together', () => {
    expect(() => toPositionedPath(proof.path, 3n, 8n)).not.toThrow();
    expect(() => toPositionedPath(proof.path, 3n, 9n)).toThrow(refusal('path-length'));
    expect(() => toPositionedPath(proof.path, 3n, 3n)).toThrow(refusal('index-out-of-range'));
    expect(() => toPositionedPath(proof.path, 3n, 0n)).toThrow(refusal('tree-size-out-of-range'));
  });
});

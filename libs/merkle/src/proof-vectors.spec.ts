import { describe, expect, it } from '@jest/globals';
import { readVectors, vectorsPath, vectorsPresent } from '@touchstone/testing';
import { readdirSync, readFileSync } from 'node:fs';
import {
  buildEventBatchTree,
  buildTree,
  emptyRoot,
  eventLeafHash,
  eventNodeHash,
  leafHash,
  MerkleError,
  merkleRootOfData,
  verifyConsistency,
  verifyEventBatchPath,
  verifyInclusion,
} from './index.js';

const describeVectors = vectorsPresent ? describe : describe.skip;
const folder = 'transparency-dev-merkle/testdata';
const fromBase64 = (text: string | null): Uint8Array => new Uint8Array(Buffer.from(text ?? '', 'base64'));
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function list(kind: string): string[] {
  if (!vectorsPresent) return [''];
  return readdirSync(vectorsPath(`${folder}/${kind}`), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
}

/** Sizes go up to 2^64 − 1, which JSON.parse would round: they are read as text. */
function sizes(text: string): Record<string, bigint> {
  const pairs = [...text.matchAll(/"(leafIdx|treeSize|size1|size2)": *(\d+)/g)];
  return Object.fromEntries(pairs.map(([, name, digits]) => [name as string, BigInt(digits as string)]));
}

interface Vector {
  root: string;
  root1: string;
  root2: string;
  leafHash: string;
  proof: string[] | null;
  wantErr: boolean;
}

function load(
  kind: string,
  name: string,
): { vector: Vector; size: Record<string, bigint>; path: Uint8Array[] } {
  const text = readFileSync(vectorsPath(`${folder}/${kind}/${name}`), 'utf8');
  const vector = JSON.parse(text) as Vector;
  return { vector, size: sizes(text), path: (vector.proof ?? []).map(fromBase64) };
}

describeVectors('transparency-dev/merkle', () => {
  it.each(list('inclusion'))('decides inclusion %s', (name) => {
    const { vector, size, path } = load('inclusion', name);
    const result = verifyInclusion({
      leafHash: fromBase64(vector.leafHash),
      leafIndex: size['leafIdx'] as bigint,
      treeSize: size['treeSize'] as bigint,
      path,
      root: fromBase64(vector.root),
    });
    expect(result.ok).toBe(!vector.wantErr);
  });

  // All vectors with size1 = 0, (0, 0) with equal roots and an empty proof among them, want an error: consistency
  // with an empty tree says nothing. Our verifier refuses size 0 before it looks at anything else.
  it.each(list('consistency'))('decides consistency %s', (name) => {
    const { vector, size, path } = load('consistency', name);
    const result = verifyConsistency({
      size1: size['size1'] as bigint,
      size2: size['size2'] as bigint,
      root1: fromBase64(vector.root1),
      root2: fromBase64(vector.root2),
      proof: path,
    });
    expect(result.ok).toBe(!vector.wantErr);
    if (size['size1'] === 0n) expect(result).toEqual({ ok: false, reason: 'empty-tree' });
  });

  it('has the vectors that it is known for, both good and bad', () => {
    expect(list('inclusion')).toHaveLength(98);
    expect(list('consistency')).toHaveLength(98);
    const wanted = list('inclusion').map((name) => load('inclusion', name).vector.wantErr);
    expect(wanted.filter((error) => !error)).toHaveLength(6);
  });
});

interface Collision {
  [name: string]: string[] | string | boolean;
}

describeVectors('collision vectors', () => {
  const negative = vectorsPresent
    ? readVectors<Record<string, Collision> & { empty_tree_rfc6962: string }>('own/negative.json')
    : undefined;
  const hashes = (group: string, name: string): Uint8Array[] =>
    (negative?.[group]?.[name] as string[]).map(fromHex);
  const root = (group: string, name: string): Uint8Array => fromHex(negative?.[group]?.[name] as string);

  it.each([
    ['cve_2012_2459', 'leaves3', 'leaves4_dup_last', 'root3', 3n, 4n],
    ['cve_2012_2459_6_8', 'leaves6', 'leaves8', 'root6', 6n, 8n],
  ] as const)(
    'refuses the longer list of %s and tells the two apart',
    (group, short, long, name, count, longCount) => {
      const tree = buildEventBatchTree(hashes(group, short));
      expect(tree.root).toEqual(root(group, name));
      expect(() => buildEventBatchTree(hashes(group, long))).toThrow(
        expect.objectContaining({ reason: 'equal-siblings' }),
      );
      hashes(group, short).forEach((leaf, index) => {
        const proof = { leafHash: leaf, leafIndex: BigInt(index), path: tree.path(index), root: tree.root };
        expect(verifyEventBatchPath({ ...proof, leafCount: count })).toEqual({ ok: true });
      });
      // The duplicate at the end of the longer list has a path to the same root; the sibling rule refuses it.
      const last = hashes(group, short).length - 1;
      const doubled = {
        leafHash: hashes(group, short)[last] as Uint8Array,
        path: tree.path(last),
        root: tree.root,
      };
      expect(verifyEventBatchPath({ ...doubled, leafIndex: BigInt(last), leafCount: longCount })).toEqual({
        ok: false,
        reason: 'sibling-rule',
      });
      const mirrored = tree
        .path(last)
        .map((step) => ({ ...step, pos: step.pos === 'R' ? ('L' as const) : step.pos }));
      for (const leafIndex of [longCount - 1n, longCount - 2n]) {
        for (const path of [tree.path(last), mirrored]) {
          expect(verifyEventBatchPath({ ...doubled, path, leafIndex, leafCount: longCount }).ok).toBe(false);
        }
      }
    },
  );

  it('refuses an event that is two hashes side by side, an inner node in disguise', () => {
    const four = buildEventBatchTree(hashes('second_preimage', 'leaves4'));
    const inner = hashes('second_preimage', 'as_two_leaves');
    expect(four.root).toEqual(root('second_preimage', 'root'));
    expect(buildEventBatchTree(inner).root).toEqual(root('second_preimage', 'root2'));
    const forged = root('second_preimage', 'forged_leaf_data');
    expect(eventNodeHash(forged.subarray(0, 32), forged.subarray(32))).toEqual(inner[0]);
    expect(() => eventLeafHash(forged)).toThrow(MerkleError);
    // Believing the log's leaf count, a verifier refuses the inner node as a leaf as well.
    const path = buildEventBatchTree(inner).path(0);
    const claim = { leafHash: inner[0] as Uint8Array, leafIndex: 0n, path, root: four.root };
    expect(verifyEventBatchPath({ ...claim, leafCount: 4n })).toEqual({ ok: false, reason: 'path-length' });
  });

  it('gives the same lists different roots under RFC 9162', () => {
    const three = buildTree(hashes('cve_2012_2459', 'leaves3').map(leafHash)).root;
    const four = merkleRootOfData(hashes('cve_2012_2459', 'leaves4_dup_last'));
    // The file gives two roots without the leaf data that they belong to; what it states about them is checked.
    expect(negative?.['rfc6962_same_inputs']?.['differ']).toBe(true);
    expect(three).not.toEqual(four);
    expect(toHex(emptyRoot())).toBe(negative?.empty_tree_rfc6962);
  });
});

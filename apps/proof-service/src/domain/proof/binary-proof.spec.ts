import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { buildTree, leafHash, toPositionedPath, verifyInclusion } from '@touchstone/merkle';
import { encodeBinaryProof } from './binary-proof.js';

const leaves = Array.from({ length: 21 }, (_, index) => sha256(Uint8Array.of(index)));
const tree = buildTree(leaves.map(leafHash));

/** A reader written from the description alone. */
function read(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const hashAt = (offset: number) => bytes.slice(offset, offset + 32);
  const count = bytes[85] ?? 0;
  expect(new TextDecoder().decode(bytes.slice(0, 4))).toBe('TSIP');
  expect(bytes[4]).toBe(1);
  expect(bytes).toHaveLength(86 + 32 * count);
  return {
    leafIndex: view.getBigUint64(5),
    treeSize: view.getBigUint64(13),
    leafHash: leafHash(hashAt(21)),
    root: hashAt(53),
    path: Array.from({ length: count }, (_, step) => hashAt(86 + 32 * step)),
  };
}

describe('binary form of a path', () => {
  it('carries what a verifier needs, for every leaf', () => {
    for (const [index, leaf] of leaves.entries()) {
      const bytes = encodeBinaryProof({
        leaf: bytesToHex(leaf),
        leafIndex: index,
        treeSize: leaves.length,
        path: toPositionedPath(tree.path(index), BigInt(index), BigInt(leaves.length)),
        rootHex: bytesToHex(tree.root),
      });
      const proof = read(bytes);
      expect(proof).toMatchObject({ leafIndex: BigInt(index), treeSize: 21n });
      expect(verifyInclusion(proof)).toEqual({ ok: true });
    }
  });

  it('has no path for the only leaf of a tree', () => {
    const hex = bytesToHex(leaves[0] as Uint8Array);
    const only = {
      leaf: hex,
      leafIndex: 0,
      treeSize: 1,
      path: [],
      rootHex: bytesToHex(leafHash(leaves[0] as Uint8Array)),
    };
    expect(verifyInclusion(read(encodeBinaryProof(only)))).toEqual({ ok: true });
  });
});

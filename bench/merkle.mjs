// Root and all inclusion paths of a batch, beside bare loops over the same number of SHA-256 calls on inputs of the
// same size.
import { createHash, hash } from 'node:crypto';
import { sha256 } from '@touchstone/crypto';
import { buildTree, leafHash } from '@touchstone/merkle';
import { compare } from './harness/compare.mjs';

const LEAVES = 100_000;
const LEAF_BYTES = 200;

const leaves = Array.from({ length: LEAVES }, (_, index) => {
  const leaf = new Uint8Array(LEAF_BYTES);
  new DataView(leaf.buffer).setUint32(0, index);
  return leaf;
});

function rootAndAllPaths() {
  const tree = buildTree(leaves.map(leafHash));
  const paths = new Array(LEAVES);
  for (let index = 0; index < LEAVES; index += 1) paths[index] = tree.path(index);
  return [tree.root, paths];
}

/** The hashes alone: one per leaf over prefix and data, one per inner node over 65 bytes, keeping nothing. */
function bareLoop(digest) {
  const leaf = new Uint8Array(1 + LEAF_BYTES);
  const node = new Uint8Array(65);
  for (let index = 0; index < LEAVES; index += 1) {
    leaf[1] = index;
    digest(leaf);
  }
  for (let index = 1; index < LEAVES; index += 1) {
    node[1] = index;
    digest(node);
  }
}

const contenders = [
  // The fastest call of the platform that returns bytes.
  ["a bare loop of node's hash()", (data) => hash('sha256', data, 'buffer'), { of: 'ratio', min: 0.7 }],
  ['a bare loop of our own sha256', sha256, null],
  ["a bare loop of node's createHash()", (data) => createHash('sha256').update(data).digest(), null],
];
for (const [baselineName, digest, goal] of contenders) {
  compare({
    name: `merkle: root and all paths of ${LEAVES.toLocaleString('en-US')} leaves`,
    baselineName,
    unit: 'ms',
    goal,
    ours: rootAndAllPaths,
    baseline: () => bareLoop(digest),
  });
}

// Root and all inclusion paths of a batch, against a bare loop over the same number of SHA-256 calls on inputs of the
// same size. Prints one line of JSON; `ratio` is baseline time over ours, higher is better, the budget is 0.7.
import { createHash, hash } from 'node:crypto';
import { sha256 } from '@touchstone/crypto';
import { buildTree, leafHash } from '@touchstone/merkle';

const LEAVES = 100_000;
const ROUNDS = 7;
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

const contenders = {
  ours: rootAndAllPaths,
  createHash: () => bareLoop((data) => createHash('sha256').update(data).digest()),
  oneShotBuffer: () => bareLoop((data) => hash('sha256', data, 'buffer')),
  ourSha256: () => bareLoop(sha256),
};

const best = Object.fromEntries(Object.keys(contenders).map((name) => [name, Number.POSITIVE_INFINITY]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, run] of Object.entries(contenders)) {
    const start = performance.now();
    run();
    best[name] = Math.min(best[name], performance.now() - start);
  }
}

const milliseconds = (value) => Math.round(value * 10) / 10;
const ratio = (baseline) => Math.round((baseline / best.ours) * 100) / 100;
console.log(
  JSON.stringify({
    name: `merkle: root and all inclusion paths of ${LEAVES} leaves`,
    unit: 'ms',
    ours: milliseconds(best.ours),
    baseline: milliseconds(best.createHash),
    ratio: ratio(best.createHash),
    baselines: {
      'createHash().update().digest()': { ms: milliseconds(best.createHash), ratio: ratio(best.createHash) },
      "hash('sha256', data, 'buffer')": {
        ms: milliseconds(best.oneShotBuffer),
        ratio: ratio(best.oneShotBuffer),
      },
      'sha256 of @touchstone/crypto': { ms: milliseconds(best.ourSha256), ratio: ratio(best.ourSha256) },
    },
  }),
);

import { hexToBytes } from '@touchstone/crypto';
import {
  verifyEventBatchPath,
  verifyPositionedPath,
  type MerkleVerification,
  type PositionedProof,
} from '@touchstone/merkle';
import type { BatchEntry } from '../../log/batch-entry.js';
import { ARITHMETIC, fail, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

const verifyPath: Readonly<
  Record<BatchEntry['treeProfile'], (proof: PositionedProof) => MerkleVerification>
> = {
  'rfc9162-sha256': verifyPositionedPath,
  'event-batch-v1': (proof) => verifyEventBatchPath({ ...proof, leafCount: proof.treeSize }),
};

export const inclusion = {
  name: 'inclusion',
  meaning: {
    output: 'The signed output is a leaf of the batch.',
    event: 'The event is a leaf of the batch that was signed.',
  },
  class: 'core',
  // An event is signed by way of its batch alone.
  label: { output: 'L2', event: 'L1' },
  run: ({ bundle: { inclusion }, subject }) => {
    const leaf = subject.leaf();
    if ('refusal' in leaf) return fail({ restsOn: ARITHMETIC, detail: leaf.refusal });
    const { leafIndex, treeSize, path, rootHex } = inclusion;
    const result = verifyPath[subject.treeProfile]({
      leafHash: leaf.hash,
      leafIndex: BigInt(leafIndex),
      treeSize: BigInt(treeSize),
      path,
      root: hexToBytes(rootHex, 32) as Uint8Array,
    });
    const shown = {
      expected: `root ${rootHex}`,
      actual: `leaf ${leaf.text} at ${leafIndex} of ${treeSize}`,
      restsOn: ARITHMETIC,
    };
    if (result.ok) return pass(shown);
    return fail({ ...shown, detail: `${result.reason}: the path does not lead to the root` });
  },
} as const satisfies StepDefinition;

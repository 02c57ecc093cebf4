import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { leafHashOfText, verifyInclusion } from '@touchstone/merkle';
import type { LogProof } from '../../bundle/schema.js';
import { ARITHMETIC, fail, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const logInclusion = {
  name: 'log-inclusion',
  meaning: 'The batch stands in the transparency log.',
  class: 'core',
  label: 'L2',
  each: 'logProofs',
  run: ({ bundle, checkpoints }, index) => {
    const checkpoint = checkpoints[index]?.written?.checkpoint;
    if (!checkpoint) return fail({ restsOn: ARITHMETIC, detail: 'the checkpoint cannot be read' });
    const { leafIndex, treeSize, path } = bundle.logProofs[index] as LogProof;
    const shown = {
      expected: `size ${checkpoint.size}, root ${bytesToHex(checkpoint.root)}`,
      actual: `entry ${leafIndex} of ${treeSize}`,
      restsOn: ARITHMETIC,
    };
    if (checkpoint.size.toString() !== treeSize) {
      return fail({ ...shown, detail: 'the proof is for another size than the checkpoint' });
    }
    const result = verifyInclusion({
      leafHash: leafHashOfText(bundle.entry),
      leafIndex: BigInt(leafIndex),
      treeSize: checkpoint.size,
      path: path.map((hash) => hexToBytes(hash, 32) as Uint8Array),
      root: checkpoint.root,
    });
    if (result.ok) return pass(shown);
    return fail({ ...shown, detail: `${result.reason}: the path does not lead to the root` });
  },
} as const satisfies StepDefinition;

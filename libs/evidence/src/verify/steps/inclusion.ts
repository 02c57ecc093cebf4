import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { leafHash, verifyPositionedPath } from '@touchstone/merkle';
import { fixedWidthLeaf } from '../../output/payload.js';
import { ARITHMETIC, fail, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const inclusion = {
  name: 'inclusion',
  meaning: 'The signed output is a leaf of the batch.',
  class: 'core',
  label: 'L2',
  run: ({ bundle: { subject, inclusion }, signature }) => {
    const leaf = fixedWidthLeaf(subject.proof, signature);
    if (!leaf) {
      const detail = 'leaf-field-not-fixed-width: the output proof has no leaf';
      return fail({ restsOn: ARITHMETIC, detail });
    }
    const { leafIndex, treeSize, path, rootHex } = inclusion;
    const result = verifyPositionedPath({
      leafHash: leafHash(leaf),
      leafIndex: BigInt(leafIndex),
      treeSize: BigInt(treeSize),
      path,
      root: hexToBytes(rootHex, 32) as Uint8Array,
    });
    const shown = {
      expected: `root ${rootHex}`,
      actual: `leaf ${bytesToHex(leaf)} at ${leafIndex} of ${treeSize}`,
      restsOn: ARITHMETIC,
    };
    if (result.ok) return pass(shown);
    return fail({ ...shown, detail: `the path does not lead to the root (${result.reason})` });
  },
} as const satisfies StepDefinition;

import type { JudgedCheckpoint } from '../judged-checkpoint.js';
import { failOptional, notChecked, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const checkpointSignature = {
  name: 'checkpoint-signature',
  meaning: 'The log signed the checkpoint that covers it.',
  class: 'side',
  label: 'L2',
  each: 'logProofs',
  /** Whether the log signed the checkpoint, by any of its keys. */
  run: ({ checkpoints }, index) => {
    const { written, vkeys, isLogSigned } = checkpoints[index] as JudgedCheckpoint;
    const origin = written?.checkpoint.origin ?? '';
    const restsOn = `trust file: log ${origin}`;
    if (vkeys.length === 0) {
      return notChecked({ actual: origin, restsOn, detail: 'the trust file does not hold this log' });
    }
    const shown = { expected: vkeys.join(' or '), restsOn };
    return isLogSigned
      ? pass({ ...shown, actual: `signed by ${origin}` })
      : failOptional({ ...shown, detail: 'no line of a trusted key of this log verifies' });
  },
} as const satisfies StepDefinition;

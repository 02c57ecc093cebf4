import type { Evidence } from '../evidence.js';
import { absent, notChecked, pass, type CoreOutcome } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';
import { checkpointSignature } from './checkpoint-signature.js';

export const logUniqueness = {
  name: 'log-uniqueness',
  meaning: 'Independent witnesses saw the same log.',
  class: 'side',
  requires: { steps: [checkpointSignature], otherwise: (evidence) => seenBy(0, evidence) },
  /** Only witnesses exclude that the log shows different histories to different readers; one with two keys is one. */
  run: (evidence) => {
    const counts = evidence.checkpoints.map(({ isLogSigned, cosignatures }) =>
      isLogSigned ? new Set(cosignatures.map(({ name }) => name)).size : 0,
    );
    return seenBy(Math.max(...counts), evidence);
  },
} as const satisfies StepDefinition;

function seenBy(count: number, { trust }: Evidence): CoreOutcome {
  // Without a trust file nobody is believed.
  const { k, vkeys } = trust?.file.witnesses ?? { k: 0, vkeys: [] };
  const restsOn = `trust file: ${k} of ${vkeys.length} witnesses`;
  if (k === 0) return notChecked({ restsOn, detail: 'the trust file asks for no witness' });
  const shown = { expected: `${k} witnesses`, actual: String(count), restsOn };
  if (count === 0) return absent(shown);
  return count >= k
    ? pass(shown)
    : notChecked({ ...shown, detail: 'fewer witnesses than asked for cosigned a checkpoint' });
}

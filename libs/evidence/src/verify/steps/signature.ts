import { fail, notChecked, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';
import { key, trustedKey } from './key.js';

export const signature = {
  name: 'signature',
  meaning: {
    output: 'The key signed model version, input, output, nonce and time.',
    event: 'The key signed root and time of the batch.',
  },
  class: 'core',
  label: 'L1',
  requires: {
    steps: [key],
    otherwise: () =>
      notChecked({
        restsOn: 'a key in the trust file',
        detail: 'there is no trusted key to check it with',
      }),
  },
  /** With the key that the trust file gives. */
  run: (evidence) => {
    const trusted = trustedKey(evidence);
    const { refusal, ...shown } = evidence.subject.judgeSignature(trusted);
    const restsOn = `trust file: key ${trusted.entry.kid} (whoever holds it can sign anything)`;
    return refusal === undefined ? pass({ ...shown, restsOn }) : fail({ ...shown, restsOn, detail: refusal });
  },
} as const satisfies StepDefinition;

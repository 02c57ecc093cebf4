import { checkEvidenceTime } from '@touchstone/crypto';
import { fail, notChecked, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';
import { key, trustedKey } from './key.js';

export const keyState = {
  name: 'key-state',
  meaning: 'The key was valid at that time.',
  class: 'core',
  label: 'L1',
  requires: {
    steps: [key],
    otherwise: () =>
      notChecked({ restsOn: 'a key in the trust file', detail: 'there is no trusted key to check' }),
  },
  run: (evidence) => {
    const { subject, time, nowMs } = evidence;
    const { declared } = subject;
    const { entry, key } = trustedKey(evidence);
    const restsOn =
      time.sourceTimeMs === undefined
        ? `trust file: key ${entry.kid}; the declared time, since no independent source of time speaks`
        : `trust file: key ${entry.kid}; time from ${time.source}`;
    const shown = {
      expected: `from ${entry.not_before} to ${entry.not_after}`,
      actual: declared.text,
      restsOn,
    };
    const times = { declaredTime: declared.ms, trustedTime: time.timeMs, now: nowMs };
    const check = key ? checkEvidenceTime({ key, ...times }) : 'key-status';
    return check === 'ok' ? pass(shown) : fail({ ...shown, detail: subject.timeRefusal(check) });
  },
} as const satisfies StepDefinition;

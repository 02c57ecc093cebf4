import { checkEvidenceTime } from '@touchstone/crypto';
import { DATE_MS_MAX } from '../date-limit.js';
import { fail, notChecked, passIf } from '../outcome.js';
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
    const { time, nowMs } = evidence;
    const { timestamp } = evidence.bundle.subject.proof;
    const { entry, key } = trustedKey(evidence);
    const restsOn =
      time.sourceTimeMs === undefined
        ? `trust file: key ${entry.kid}; the declared time, since no independent source of time speaks`
        : `trust file: key ${entry.kid}; time from ${time.source}`;
    const declaredTime = timestamp * 1_000;
    const shown = {
      expected: `from ${entry.not_before} to ${entry.not_after}`,
      actual: declaredTime <= DATE_MS_MAX ? new Date(declaredTime).toISOString() : String(timestamp),
      restsOn,
    };
    if (!key) {
      const detail = `key-not-valid-at: the stated status ${entry.status} contradicts the key’s times`;
      return fail({ ...shown, detail });
    }
    const check = checkEvidenceTime({ key, declaredTime, trustedTime: time.timeMs, now: nowMs });
    return passIf(check === 'ok', shown, `key-not-valid-at: ${check}`);
  },
} as const satisfies StepDefinition;

import type { PreparedKey } from '../../trust/prepared-trust.js';
import type { Evidence } from '../evidence.js';
import { fail, notChecked, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const key = {
  name: 'key',
  meaning: {
    output: 'The signing key is one that you trust for outputs.',
    event: 'The signing key is one that you trust for batches of events.',
  },
  class: 'core',
  label: 'L1',
  run: ({ subject, trust }) => {
    const { keyId, use, alg, domain } = subject;
    if (!trust)
      return notChecked({ actual: keyId, restsOn: 'a trust file', detail: 'no trust file was given' });
    const restsOn = `trust file: key ${keyId}`;
    const entry = trust.key(keyId)?.entry;
    if (!entry) {
      const detail = 'unknown-key: the trust file does not hold this key';
      return notChecked({ actual: keyId, restsOn, detail });
    }
    if (entry.use !== use || entry.alg !== alg) {
      const detail = 'other-use: the key has another use or algorithm';
      return fail({ expected: `${use}, ${alg}`, actual: `${entry.use}, ${entry.alg}`, restsOn, detail });
    }
    const { domains = [], public_key } = entry;
    if (domain !== undefined && !domains.includes(domain)) {
      const expected = domains.map((name) => `"${name}"`).join(', ');
      const detail = 'the trust file does not allow this domain for the key';
      return fail({ expected, actual: `"${domain}"`, restsOn, detail });
    }
    return pass({ expected: keyId, actual: public_key, restsOn });
  },
} as const satisfies StepDefinition;

/** The trust file's key for the subject's `keyId`, for steps that require `key`. */
export const trustedKey = ({ subject, trust }: Evidence): PreparedKey =>
  trust?.key(subject.keyId) as PreparedKey;

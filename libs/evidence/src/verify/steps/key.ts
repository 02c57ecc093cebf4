import type { PreparedKey } from '../../trust/prepared-trust.js';
import type { Evidence } from '../evidence.js';
import { fail, notChecked, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const key = {
  name: 'key',
  meaning: 'The signing key is one that you trust for outputs.',
  class: 'core',
  label: 'L1',
  run: ({ bundle, trust }) => {
    const { keyId, domain } = bundle.subject.proof;
    if (!trust)
      return notChecked({ actual: keyId, restsOn: 'a trust file', detail: 'no trust file was given' });
    const restsOn = `trust file: key ${keyId}`;
    const found = trust.key(keyId);
    if (!found) {
      const detail = 'unknown-key: the trust file does not hold this key';
      return notChecked({ actual: keyId, restsOn, detail });
    }
    const { use, alg, domains = [], public_key } = found.entry;
    if (use !== 'output' || alg !== 'ES256K') {
      const detail = 'the key has another use or algorithm';
      return fail({ expected: 'output, ES256K', actual: `${use}, ${alg}`, restsOn, detail });
    }
    if (!domains.includes(domain)) {
      const expected = domains.map((name) => `"${name}"`).join(', ');
      const detail = 'the trust file does not allow this domain for the key';
      return fail({ expected, actual: `"${domain}"`, restsOn, detail });
    }
    return pass({ expected: keyId, actual: public_key, restsOn });
  },
} as const satisfies StepDefinition;

/** The trust file's key for the proof's `keyId`, for steps that require `key`. */
export const trustedKey = ({ bundle, trust }: Evidence): PreparedKey =>
  trust?.key(bundle.subject.proof.keyId) as PreparedKey;

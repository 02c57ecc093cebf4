import { bytesToHex } from '@touchstone/crypto';
import { outputDigest } from '../../output/payload.js';
import { fail, notChecked, passIf } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';
import { key, trustedKey } from './key.js';

export const signature = {
  name: 'signature',
  meaning: 'The key signed model version, input, output, nonce and time.',
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
  /** ECDSA over the digest of the canonical payload, with the key that the trust file gives. */
  run: (evidence) => {
    const { bundle, signature } = evidence;
    const { proof } = bundle.subject;
    const { entry, verify } = trustedKey(evidence);
    const restsOn = `trust file: key ${entry.kid} (whoever holds it can sign anything)`;
    if (!('compact' in signature) || !verify) {
      return fail({ restsOn, detail: 'bad-signature: not compact and not strict DER' });
    }
    const digest = outputDigest(proof, proof.domain);
    const result = verify(digest, signature.compact);
    const shown = {
      expected: `signature of ${bytesToHex(digest)}`,
      actual: bytesToHex(signature.compact),
      restsOn,
    };
    return passIf(result === 'ok', shown, result);
  },
} as const satisfies StepDefinition;

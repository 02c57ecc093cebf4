import { canonicalJsonOfParsed } from '@touchstone/canonical-json';
import { commitmentHash, modelVersionIdOf } from '../../output/context.js';
import { ARITHMETIC, fail, notChecked, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const commitment = {
  name: 'commitment',
  meaning: 'The model version was committed to this key.',
  of: 'output',
  class: 'core',
  label: 'L1',
  /**
   * The model's identity and the keys it may be signed with. It passes only against the commitment hash that the
   * trust file lists, since anybody can write a commitment.
   */
  run: ({ bundle: { commitment, subject }, trust }) => {
    const { modelVersionId, keyId } = subject.proof;
    const recomputed = modelVersionIdOf(commitment.model, canonicalJsonOfParsed);
    if (recomputed !== modelVersionId || commitment.modelVersionId !== modelVersionId) {
      const detail = 'commitment-mismatch: the model version id does not recompute from the model';
      return fail({ expected: modelVersionId, actual: recomputed, restsOn: ARITHMETIC, detail });
    }
    const committed = commitment.keys.find(({ kid }) => kid === keyId);
    if (!committed) {
      const expected = commitment.keys.map(({ kid }) => kid).join(', ');
      const detail = 'commitment-mismatch: the signing key is not in it';
      return fail({ expected, actual: keyId, restsOn: ARITHMETIC, detail });
    }
    const actual = commitmentHash(commitment, canonicalJsonOfParsed);
    const listed = trust?.commitments(modelVersionId) ?? [];
    const restsOn = `trust file: model ${modelVersionId.slice(0, 8)}…`;
    if (listed.length === 0) {
      const detail = 'unknown-model: the trust file lists no commitment for this model version';
      return notChecked({ actual, restsOn, detail });
    }
    const expected = listed.join(', ');
    if (!listed.includes(actual)) {
      // A commitment is renewed when keys rotate; a trust file that lists another version says nothing about this one.
      const detail = 'the trust file lists other commitments for this model version, not this one';
      return notChecked({ expected, actual, restsOn, detail });
    }
    const trusted = trust?.key(keyId)?.entry;
    if (trusted && trusted.public_key !== committed.publicKey) {
      const detail = 'commitment-mismatch: another public key';
      return fail({ expected: trusted.public_key, actual: committed.publicKey, restsOn, detail });
    }
    return pass({ expected, actual, restsOn });
  },
} as const satisfies StepDefinition;

import { describe, expect, it } from '@jest/globals';
import type { OutputRecorded } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { outputLeaf } from '@touchstone/evidence';
import { recordedOutput } from '../../../test/support/leaves.js';
import { acceptLeaf } from './accepted-leaf.js';

describe('accepting the leaf of a recorded output', () => {
  const good = recordedOutput('good');

  it('computes the leaf of protocol section 3', () => {
    const accepted = acceptLeaf(good);
    expect(bytesToHex(accepted.leaf)).toBe(bytesToHex(outputLeaf(good.proof)));
    expect(accepted).toMatchObject({
      modelVersionId: good.proof.modelVersionId,
      nonce: good.proof.nonce,
      modelId: 'model-a',
      verificationId: good.verificationId,
    });
  });

  it.each<[string, (event: OutputRecorded) => OutputRecorded, string]>([
    ['another salt', (e) => ({ ...e, context: { ...e.context, salt: '0'.repeat(64) } }), 'validation-failed'],
    [
      'another request',
      (e) => ({ ...e, context: { ...e.context, requestDigest: '0'.repeat(64) } }),
      'validation-failed',
    ],
    ['another nonce', (e) => ({ ...e, proof: { ...e.proof, nonce: '0'.repeat(64) } }), 'validation-failed'],
    [
      'a proof of another model',
      (e) => ({ ...e, proof: { ...e.proof, modelVersionId: '0'.repeat(64) } }),
      'validation-failed',
    ],
    [
      'a commitment to another model',
      (e) => ({ ...e, commitment: { ...e.commitment, modelVersionId: '0'.repeat(64) } }),
      'validation-failed',
    ],
    [
      'a model that does not give its id',
      (e) => ({ ...e, commitment: { ...e.commitment, model: { ...e.commitment.model, version: '2' } } }),
      'validation-failed',
    ],
    [
      'a signature of another length',
      (e) => ({ ...e, proof: { ...e.proof, signature: 'ab'.repeat(40) } }),
      'leaf-field-not-fixed-width',
    ],
  ])('refuses %s', (_what, change, code) => {
    expect(() => acceptLeaf(change(good))).toThrow(expect.objectContaining({ code, retryable: false }));
  });
});

import type { CanonicalTensor } from '@touchstone/contracts';
import { canonicalJsonOfParsed } from '@touchstone/canonical-json';
import { bytesToHex, type ParsedSignature } from '@touchstone/crypto';
import type { EvidenceBundle } from '../bundle/schema.js';
import { commitmentHash, contextNonce, modelVersionIdOf, requestDigest } from '../output/context.js';
import { outputDigest } from '../output/payload.js';
import { areInOrder, tensorsHash } from '../tensor/tensor.js';
import type { PreparedKey, PreparedTrust } from '../trust/prepared-trust.js';
import { absent, ARITHMETIC, equalStep, fail, notChecked, pass, type Step, type StepName } from './step.js';

/** Steps that need no key: the disclosed tensors, the context in the nonce, the request that was paid for. */
export function subjectSteps(bundle: EvidenceBundle): Step[] {
  const { proof, context, inputs, outputs } = bundle.subject;
  return [
    tensorStep('subject-inputs', inputs, proof.inputHash),
    tensorStep('subject-outputs', outputs, proof.outputHash),
    equalStep('context', {
      expected: proof.nonce,
      actual: contextNonce(context, canonicalJsonOfParsed),
      restsOn: ARITHMETIC,
      detail: 'the nonce is not the hash of this context: request, payment, node or build was changed',
    }),
    paymentStep(bundle),
  ];
}

function tensorStep(name: StepName, tensors: readonly CanonicalTensor[] | undefined, expected: string): Step {
  if (!tensors)
    return absent(name, { restsOn: 'nothing: the bundle does not disclose these tensors, only their hash' });
  if (!areInOrder(tensors)) {
    const detail = 'the tensors do not stand in the order of the UTF-8 bytes of their names';
    return fail(name, { expected, restsOn: ARITHMETIC, detail });
  }
  const hash = tensorsHash(tensors, canonicalJsonOfParsed);
  if (!hash.ok) return fail(name, { expected, restsOn: ARITHMETIC, detail: hash.error.detail });
  return equalStep(name, {
    expected,
    actual: hash.value,
    restsOn: ARITHMETIC,
    detail: 'these tensors are not the ones that were signed',
  });
}

function paymentStep({ subject, payment }: EvidenceBundle): Step {
  const expected = subject.context.requestDigest;
  if (!payment)
    return absent('payment', {
      restsOn: 'nothing: the bundle does not disclose the request that was paid for',
    });
  const actual = requestDigest(payment.requestParts, canonicalJsonOfParsed);
  if (expected === null) {
    return fail('payment', {
      expected: 'null',
      actual,
      restsOn: ARITHMETIC,
      detail: 'the signed context names no request',
    });
  }
  if (payment.requestParts.modelVersionId !== subject.proof.modelVersionId) {
    return fail('payment', {
      expected: subject.proof.modelVersionId,
      actual: payment.requestParts.modelVersionId,
      restsOn: ARITHMETIC,
      detail: 'the request was for another model version',
    });
  }
  return equalStep('payment', {
    expected,
    actual,
    restsOn: `${ARITHMETIC}; that the transfer settled is for the chain to say`,
    detail: 'the request parts are not the ones that were signed',
  });
}

/** The trust file's key for the proof's `keyId`, with the reason when it may not be used. */
export function findOutputKey(
  bundle: EvidenceBundle,
  trust: PreparedTrust | undefined,
): { key?: PreparedKey; step: Step } {
  const { keyId, domain } = bundle.subject.proof;
  if (!trust)
    return {
      step: notChecked('key', { actual: keyId, restsOn: 'a trust file', detail: 'no trust file was given' }),
    };
  const key = trust.key(keyId);
  const restsOn = `trust file: key ${keyId}`;
  if (!key) {
    return {
      step: notChecked('key', {
        actual: keyId,
        restsOn,
        detail: 'unknown-key: the trust file does not hold this key',
      }),
    };
  }
  const { use, alg, domains = [], public_key } = key.entry;
  if (use !== 'output' || alg !== 'ES256K') {
    const actual = `${use}, ${alg}`;
    return {
      step: fail('key', {
        expected: 'output, ES256K',
        actual,
        restsOn,
        detail: 'the key has another use or algorithm',
      }),
    };
  }
  if (!domains.includes(domain)) {
    const expected = domains.map((name) => `"${name}"`).join(', ');
    return {
      step: fail('key', {
        expected,
        actual: `"${domain}"`,
        restsOn,
        detail: 'the trust file does not allow this domain for the key',
      }),
    };
  }
  return { key, step: pass('key', { expected: keyId, actual: public_key, restsOn }) };
}

/** ECDSA over the digest of the canonical payload, with the key that the trust file gives. */
export function signatureStep(
  bundle: EvidenceBundle,
  signature: ParsedSignature,
  trusted: PreparedKey | undefined,
): Step {
  const { proof } = bundle.subject;
  if (!trusted)
    return notChecked('signature', {
      restsOn: 'a key in the trust file',
      detail: 'there is no trusted key to check it with',
    });
  const { entry, verify } = trusted;
  const restsOn = `trust file: key ${entry.kid} (whoever holds it can sign anything)`;
  if (!('compact' in signature) || !verify) {
    return fail('signature', { restsOn, detail: 'bad-signature: not compact and not strict DER' });
  }
  const digest = outputDigest(proof, proof.domain);
  const result = verify(digest, signature.compact);
  const shown = {
    expected: `signature of ${bytesToHex(digest)}`,
    actual: bytesToHex(signature.compact),
    restsOn,
  };
  return result === 'ok' ? pass('signature', shown) : fail('signature', { ...shown, detail: result });
}

/**
 * The model's identity and the keys it may be signed with. It passes only against the commitment hash that the
 * trust file lists, since anybody can write a commitment.
 */
export function commitmentStep(bundle: EvidenceBundle, trust: PreparedTrust | undefined): Step {
  const { commitment, subject } = bundle;
  const { modelVersionId, keyId } = subject.proof;
  const recomputed = modelVersionIdOf(commitment.model, canonicalJsonOfParsed);
  if (recomputed !== modelVersionId || commitment.modelVersionId !== modelVersionId) {
    return fail('commitment', {
      expected: modelVersionId,
      actual: recomputed,
      restsOn: ARITHMETIC,
      detail: 'commitment-mismatch: the model version id does not recompute from the model',
    });
  }
  if (!commitment.keys.some(({ kid }) => kid === keyId)) {
    const expected = commitment.keys.map(({ kid }) => kid).join(', ');
    return fail('commitment', {
      expected,
      actual: keyId,
      restsOn: ARITHMETIC,
      detail: 'commitment-mismatch: the signing key is not in it',
    });
  }
  const actual = commitmentHash(commitment, canonicalJsonOfParsed);
  const listed = trust?.commitments(modelVersionId) ?? [];
  const restsOn = `trust file: model ${modelVersionId.slice(0, 8)}…`;
  if (listed.length === 0) {
    return notChecked('commitment', {
      actual,
      restsOn,
      detail: 'unknown-model: the trust file lists no commitment for this model version',
    });
  }
  const expected = listed.join(', ');
  if (!listed.includes(actual)) {
    // A commitment is renewed when keys rotate; a trust file that lists another version says nothing about this one.
    const detail = 'the trust file lists other commitments for this model version, not this one';
    return notChecked('commitment', { expected, actual, restsOn, detail });
  }
  const key = trust?.key(keyId)?.entry;
  const committed = commitment.keys.find(({ kid }) => kid === keyId);
  if (key && committed && key.public_key !== committed.publicKey) {
    return fail('commitment', {
      expected: key.public_key,
      actual: committed.publicKey,
      restsOn,
      detail: 'commitment-mismatch: another public key',
    });
  }
  return pass('commitment', { expected, actual, restsOn });
}

import type { ModelCommitment, ModelIdentity, OutputContext, RequestParts } from '@touchstone/contracts';
import { canonicalJson } from '@touchstone/canonical-json';
import { sha256TextHex } from '@touchstone/crypto';
import type { CanonicalWriter } from '../canonical-writer.js';

const CONTEXT_TAG = 'touchstone.context.v1|';

/**
 * The nonce of an output: `sha256(utf8("touchstone.context.v1|") || JCS(context))`, so that the signature covers
 * request, payment, node and build without a change to the payload.
 */
export function contextNonce(context: OutputContext, write: CanonicalWriter = canonicalJson): string {
  return sha256TextHex(CONTEXT_TAG + write(context));
}

/**
 * `modelVersionId = sha256(JCS({developer, modelHash, name, version}))`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { modelVersionIdOf } from '@touchstone/evidence';
 *
 * const model = { developer: 'example', name: 'digits', version: '1.0.0', modelHash: 'ab'.repeat(32) };
 * assert.match(modelVersionIdOf(model), /^[0-9a-f]{64}$/);
 * assert.notEqual(modelVersionIdOf({ ...model, version: '1.0.1' }), modelVersionIdOf(model));
 * ```
 */
export function modelVersionIdOf(model: ModelIdentity, write: CanonicalWriter = canonicalJson): string {
  const { developer, modelHash, name, version } = model;
  return sha256TextHex(write({ developer, modelHash, name, version }));
}

/** `commitmentHash = sha256(JCS(commitment))` (R-SIGN-7). */
export function commitmentHash(commitment: ModelCommitment, write: CanonicalWriter = canonicalJson): string {
  return sha256TextHex(write(commitment));
}

/** `requestDigest = sha256(JCS({bodyDigest, method, modelVersionId, quoteId, target}))` (protocol section 10). */
export function requestDigest(parts: RequestParts, write: CanonicalWriter = canonicalJson): string {
  const { bodyDigest, method, modelVersionId, quoteId, target } = parts;
  return sha256TextHex(write({ bodyDigest, method, modelVersionId, quoteId, target }));
}

import type { ModelCommitment, ModelIdentity, OutputContext, RequestParts } from '@touchstone/contracts';
import { canonicalJson } from '@touchstone/canonical-json';
import { sha256TextHex } from '@touchstone/crypto';

const CONTEXT_TAG = 'touchstone.context.v1|';

/**
 * The nonce of an output: `sha256(utf8("touchstone.context.v1|") || JCS(context))`, so that the signature covers
 * request, payment, node and build without a change to the payload.
 */
export function contextNonce(context: OutputContext): string {
  return sha256TextHex(CONTEXT_TAG + canonicalJson(context));
}

/** `modelVersionId = sha256(JCS({developer, modelHash, name, version}))`. */
export function modelVersionIdOf(model: ModelIdentity): string {
  const { developer, modelHash, name, version } = model;
  return sha256TextHex(canonicalJson({ developer, modelHash, name, version }));
}

/** `commitmentHash = sha256(JCS(commitment))` (R-SIGN-7). */
export function commitmentHash(commitment: ModelCommitment): string {
  return sha256TextHex(canonicalJson(commitment));
}

/** `requestDigest = sha256(JCS({bodyDigest, method, modelVersionId, quoteId, target}))` (protocol section 10). */
export function requestDigest(parts: RequestParts): string {
  const { bodyDigest, method, modelVersionId, quoteId, target } = parts;
  return sha256TextHex(canonicalJson({ bodyDigest, method, modelVersionId, quoteId, target }));
}

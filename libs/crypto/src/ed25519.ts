import { ed25519 as curve } from '#ed25519';
import type { Ed25519Signer } from './ed25519-curve.js';
import { createEd25519, type Ed25519Verification, type Ed25519Verifier } from './ed25519-rule.js';

const ed25519 = createEd25519(curve);

/**
 * Reads a seed for many signatures. The seed is copied; the caller may erase it afterwards.
 *
 * @param seed 32 bytes (RFC 8032 private key)
 * @throws RangeError when the seed has another length
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { createEd25519Signer, ed25519Verify } from '@touchstone/crypto';
 *
 * const signer = createEd25519Signer(crypto.getRandomValues(new Uint8Array(32)));
 * const message = new TextEncoder().encode('what is signed');
 * assert.equal(ed25519Verify(message, signer.sign(message), signer.publicKey), 'ok');
 * ```
 */
export function createEd25519Signer(seed: Uint8Array): Ed25519Signer {
  return ed25519.signer(seed);
}

/**
 * Signs a message with Ed25519 (PureEdDSA, RFC 8032) and verifies the signature before it is released.
 *
 * Imports the seed at every call; {@link createEd25519Signer} is the faster way to sign often.
 *
 * @param seed 32 bytes
 * @returns R and S, 64 bytes
 * @throws RangeError when the seed has another length
 * @throws AppError `internal` when the new signature does not verify
 */
export function ed25519Sign(message: Uint8Array, seed: Uint8Array): Uint8Array {
  return ed25519.signer(seed).sign(message);
}

/**
 * {@link ed25519Verify} for many signatures of one key: the key is checked and read once, with the first of them.
 * The array is used, not copied; do not change it.
 *
 * @param publicKey 32 bytes
 */
export function createEd25519Verifier(publicKey: Uint8Array): Ed25519Verifier {
  return ed25519.verifier(publicKey);
}

/**
 * Verifies an Ed25519 signature by the rule for evidence (protocol section 5): the key passes
 * `checkEd25519PublicKey`, R and S are canonical, and the equation holds without the cofactor. All implementations
 * agree bit for bit, which plain RFC 8032 does not promise.
 *
 * @param signature R and S; any other length than 64 bytes is a bad signature
 * @param publicKey 32 bytes
 * @returns `'ok'`, `'bad-key'` or `'bad-signature'`; compare with `'ok'`, since all three are truthy
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { ed25519PublicKey, ed25519Sign, ed25519Verify } from '@touchstone/crypto';
 *
 * const seed = new Uint8Array(32).fill(7);
 * const message = new TextEncoder().encode('what is signed');
 * const signature = ed25519Sign(message, seed);
 * assert.equal(ed25519Verify(message, signature, ed25519PublicKey(seed)), 'ok');
 * assert.equal(ed25519Verify(message.subarray(1), signature, ed25519PublicKey(seed)), 'bad-signature');
 * assert.equal(ed25519Verify(message, signature, new Uint8Array(32)), 'bad-key');
 * ```
 */
export function ed25519Verify(
  message: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): Ed25519Verification {
  return ed25519.verify(message, signature, publicKey);
}

/**
 * Public key, 32 bytes, of a seed.
 *
 * @throws RangeError when the seed is not 32 bytes
 */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  return ed25519.signer(seed).publicKey;
}

import type { Ed25519Curve, Ed25519Signer, Ed25519VerifyWithKey } from './ed25519-curve.js';
import {
  ED25519_ELEMENT_BYTES,
  ED25519_SIGNATURE_BYTES,
  isCanonicalPoint,
  isCanonicalScalar,
} from './ed25519-encoding.js';
import { checkEd25519PublicKey } from './ed25519-key.js';
import { faultySignature } from './faulty-signature.js';
import { bytesToHex } from './hex.js';
import { LeastRecentlyUsed } from './least-recently-used.js';

/** How many checked and imported public keys are kept; the check costs about as much as two verifications in JavaScript. */
export const ED25519_KEY_CACHE_MAX = 1024;

/** What verification of an Ed25519 signature finds. Compare with `'ok'`: every value is truthy. */
export type Ed25519Verification = 'ok' | 'bad-key' | 'bad-signature';

/** Verifies signatures over messages with one public key. */
export type Ed25519Verifier = (message: Uint8Array, signature: Uint8Array) => Ed25519Verification;

/** The rule of the protocol over one implementation of the curve. */
export interface Ed25519 {
  signer(seed: Uint8Array): Ed25519Signer;
  verifier(publicKey: Uint8Array): Ed25519Verifier;
  verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): Ed25519Verification;
}

/** Puts the rule of protocol section 5 above an implementation of Ed25519. */
export function createEd25519(curve: Ed25519Curve): Ed25519 {
  const keys = new LeastRecentlyUsed<Ed25519VerifyWithKey>(ED25519_KEY_CACHE_MAX);

  const importKey = (publicKey: Uint8Array): Ed25519VerifyWithKey | undefined => {
    const name = bytesToHex(publicKey);
    const known = keys.get(name);
    if (known) return known;
    // Refused keys are not kept: whoever sends many of them must not push out the good ones.
    if (checkEd25519PublicKey(publicKey) !== 'ok') return undefined;
    const imported = curve.importPublicKey(publicKey);
    keys.set(name, imported);
    return imported;
  };

  const verifier = (publicKey: Uint8Array): Ed25519Verifier => {
    let imported: Ed25519VerifyWithKey | undefined;
    return (message, signature) => {
      imported ??= importKey(publicKey);
      if (!imported) return 'bad-key';
      return isCanonicalSignature(signature) && imported(message, signature) ? 'ok' : 'bad-signature';
    };
  };

  const verify = (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): Ed25519Verification =>
    verifier(publicKey)(message, signature);

  const signer = (seed: Uint8Array): Ed25519Signer => {
    if (seed.length !== ED25519_ELEMENT_BYTES) {
      throw new RangeError(`An Ed25519 seed has ${ED25519_ELEMENT_BYTES} bytes.`);
    }
    const { publicKey, sign } = curve.importSeed(seed);
    return {
      publicKey,
      sign: (message) => {
        const signature = sign(message);
        // Ed25519 is deterministic: one faulty and one right signature of a message reveal the private key.
        if (verify(message, signature, publicKey) !== 'ok') throw faultySignature();
        return signature;
      },
    };
  };

  return { signer, verifier, verify };
}

function isCanonicalSignature(signature: Uint8Array): boolean {
  return (
    signature.length === ED25519_SIGNATURE_BYTES &&
    isCanonicalPoint(signature.subarray(0, ED25519_ELEMENT_BYTES)) &&
    isCanonicalScalar(signature.subarray(ED25519_ELEMENT_BYTES))
  );
}

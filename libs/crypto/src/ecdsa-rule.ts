import { COMPACT_SIGNATURE_BYTES, hasScalarsInRange, isHighS } from './ecdsa-scalars.js';
import { faultySignature } from './faulty-signature.js';
import { bytesToHex } from './hex.js';
import { LeastRecentlyUsed } from './least-recently-used.js';
import type { Secp256k1Curve, Secp256k1VerifyWithKey } from './secp256k1-curve.js';

/** Bytes of the digest that is signed. */
export const ECDSA_DIGEST_BYTES = 32;
/** Bytes of a private key. */
export const ECDSA_PRIVATE_KEY_BYTES = 32;
/** Bytes of a compressed public key. */
export const ECDSA_PUBLIC_KEY_BYTES = 33;
/** How many checked and imported public keys are kept; reading a compressed point costs a tenth of a verification. */
export const ECDSA_KEY_CACHE_MAX = 1024;

/**
 * What verification of an ECDSA signature finds. Compare with `'ok'`: every value is truthy.
 * `high-s` says that the signature is well-formed and s lies in the upper half; it is refused for that alone, and
 * whether its twin would verify is not computed. A key that is no point of the curve gives `bad-signature`.
 */
export type EcdsaVerification = 'ok' | 'high-s' | 'bad-signature';

/** A private key that was read once and signs many digests. */
export interface EcdsaSigner {
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * Signs a 32-byte digest.
   *
   * @returns r and s, 64 bytes, low-S, verified
   * @throws RangeError when the digest is not 32 bytes
   * @throws AppError `internal` when the new signature does not verify
   */
  sign(digest: Uint8Array): Uint8Array;
}

/** Verifies compact signatures over 32-byte digests with one public key. */
export type EcdsaVerifier = (digest: Uint8Array, compact: Uint8Array) => EcdsaVerification;

/** The rule of the protocol over one implementation of the curve. */
export interface Ecdsa {
  publicKey(privateKey: Uint8Array): Uint8Array;
  isPublicKey(publicKey: Uint8Array): boolean;
  signer(privateKey: Uint8Array): EcdsaSigner;
  verifier(publicKey: Uint8Array): EcdsaVerifier;
  verify(digest: Uint8Array, compact: Uint8Array, publicKey: Uint8Array): EcdsaVerification;
  recoverPublicKey(digest: Uint8Array, compact: Uint8Array, yIsOdd: boolean): Uint8Array | undefined;
  uncompressed(publicKey: Uint8Array): Uint8Array | undefined;
}

/** Puts the rule of protocol section 2 above an implementation of secp256k1. */
export function createEcdsa(curve: Secp256k1Curve): Ecdsa {
  const keys = new LeastRecentlyUsed<Secp256k1VerifyWithKey>(ECDSA_KEY_CACHE_MAX);

  const importKey = (key: Uint8Array): Secp256k1VerifyWithKey | undefined => {
    if (key.length !== ECDSA_PUBLIC_KEY_BYTES) return undefined;
    const name = bytesToHex(key);
    const known = keys.get(name);
    if (known) return known;
    const imported = curve.importPublicKey(key);
    // Refused keys are not kept: whoever sends many of them must not push out the good ones.
    if (imported) keys.set(name, imported);
    return imported;
  };

  const isPublicKey = (key: Uint8Array): boolean => importKey(key) !== undefined;

  const publicKey = (privateKey: Uint8Array): Uint8Array => {
    if (privateKey.length !== ECDSA_PRIVATE_KEY_BYTES || !curve.isPrivateKey(privateKey)) {
      throw new RangeError('The private key is not a secp256k1 scalar of 32 bytes in 1…n−1.');
    }
    return curve.publicKey(privateKey);
  };

  const verifier = (key: Uint8Array): EcdsaVerifier => {
    let imported: Secp256k1VerifyWithKey | undefined;
    return (digest, compact) => {
      requireDigest(digest);
      if (compact.length !== COMPACT_SIGNATURE_BYTES || !hasScalarsInRange(compact)) return 'bad-signature';
      if (isHighS(compact)) return 'high-s';
      imported ??= importKey(key);
      return imported?.(digest, compact) === true ? 'ok' : 'bad-signature';
    };
  };

  const verify = (digest: Uint8Array, compact: Uint8Array, key: Uint8Array): EcdsaVerification =>
    verifier(key)(digest, compact);

  const signer = (privateKey: Uint8Array): EcdsaSigner => {
    const key = publicKey(privateKey);
    return {
      publicKey: key,
      sign: (digest) => {
        requireDigest(digest);
        const compact = curve.sign(digest, privateKey);
        // A fault while signing can reveal the private key to whoever sees the wrong signature.
        if (verify(digest, compact, key) !== 'ok') throw faultySignature();
        return compact;
      },
    };
  };

  const recoverPublicKey = (digest: Uint8Array, compact: Uint8Array, yIsOdd: boolean) => {
    requireDigest(digest);
    if (compact.length !== COMPACT_SIGNATURE_BYTES || !hasScalarsInRange(compact)) return undefined;
    return curve.recoverPublicKey(digest, compact, yIsOdd);
  };

  const uncompressed = (key: Uint8Array) =>
    key.length === ECDSA_PUBLIC_KEY_BYTES ? curve.uncompressed(key) : undefined;

  return { publicKey, isPublicKey, signer, verifier, verify, recoverPublicKey, uncompressed };
}

function requireDigest(digest: Uint8Array): void {
  if (digest.length === ECDSA_DIGEST_BYTES) return;
  throw new RangeError(`An ECDSA digest has ${ECDSA_DIGEST_BYTES} bytes, this one has ${digest.length}.`);
}

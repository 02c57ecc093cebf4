/** Digests of certificates and time-stamp tokens; SHA-1 and MD5 are none. */
export type PkiHash = 'sha256' | 'sha384' | 'sha512';
export type PkiCurve = 'P-256' | 'P-384' | 'P-521';

/** Fewest and most bits of an RSA modulus. A longer one would make a verifier compute for whoever wrote the certificate. */
export const RSA_MODULUS_BITS_MIN = 2_048;
export const RSA_MODULUS_BITS_MAX = 8_192;
/** Most bytes of an RSA exponent; keys in use have 65,537. */
export const RSA_EXPONENT_BYTES_MAX = 4;

/** Bytes of a coordinate. */
export const COORDINATE_BYTES: Readonly<Record<PkiCurve, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

/** A public key as a certificate holds it: big-endian integers without leading zeros, or an uncompressed point. */
export type PkiPublicKey =
  | { readonly kind: 'rsa'; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  | { readonly kind: 'ecdsa'; readonly curve: PkiCurve; readonly point: Uint8Array };

/**
 * True where the key signed the message: with keys of a curve ECDSA, r and s in DER and s of either half; with keys of RSA
 * RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2), or RSASSA-PSS (section 8.1, masks by the same digest) where the length of a salt is given.
 */
export type PkiVerifier = (
  hash: PkiHash,
  message: Uint8Array,
  signature: Uint8Array,
  pss?: { readonly saltBytes: number },
) => boolean;

/** What an implementation brings; the rule which keys count stands above it. */
export interface PkiImplementation {
  readonly implementation: 'openssl' | 'portable';
  digest(hash: PkiHash, data: Uint8Array): Uint8Array;
  /** Reads a key that {@link isAcceptedKey} takes; `undefined` when a point is not on its curve. */
  importKey(key: PkiPublicKey): PkiVerifier | undefined;
}

/** The shape of a key that counts: all implementations take these, and none takes another. */
export function isAcceptedKey(key: PkiPublicKey): boolean {
  if (key.kind === 'ecdsa')
    return key.point.length === 1 + 2 * COORDINATE_BYTES[key.curve] && key.point[0] === 4;
  const { modulus, exponent } = key;
  const bits = modulusBits(modulus);
  return (
    bits >= RSA_MODULUS_BITS_MIN &&
    bits <= RSA_MODULUS_BITS_MAX &&
    isOdd(modulus) &&
    exponent.length <= RSA_EXPONENT_BYTES_MAX &&
    isOdd(exponent) &&
    !(exponent.length === 1 && exponent[0] === 1)
  );
}

const isOdd = (bytes: Uint8Array): boolean => ((bytes.at(-1) ?? 0) & 1) === 1;

function modulusBits(modulus: Uint8Array): number {
  return modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
}

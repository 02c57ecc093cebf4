import { secp256k1 as noble } from '@noble/curves/secp256k1.js';
import type { Secp256k1Curve } from './secp256k1-curve.js';

/** noble hashes the message by default; the protocol's digest is the ECDSA input itself. */
const DIGEST_OPTIONS = { prehash: false, lowS: true } as const;

/**
 * secp256k1 in plain JavaScript, the reference implementation and the one for browsers. Its big integers cannot be
 * erased and are not constant-time, so servers sign with the native one.
 */
export const secp256k1: Secp256k1Curve = {
  implementation: 'noble',
  isPrivateKey: (privateKey) => noble.utils.isValidSecretKey(privateKey),
  publicKey: (privateKey) => noble.getPublicKey(privateKey, true),
  sign: (digest, privateKey) => noble.sign(digest, privateKey, DIGEST_OPTIONS),
  importPublicKey: (publicKey) => {
    if (!noble.utils.isValidPublicKey(publicKey, true)) return undefined;
    const point = noble.Point.fromBytes(publicKey).toBytes(false);
    return (digest, compact) => noble.verify(compact, digest, point, DIGEST_OPTIONS);
  },
  uncompressed: (publicKey) =>
    noble.utils.isValidPublicKey(publicKey, true)
      ? noble.Point.fromBytes(publicKey).toBytes(false)
      : undefined,
  recoverPublicKey: (digest, compact, yIsOdd) => {
    try {
      const signature = Uint8Array.of(yIsOdd ? 1 : 0, ...compact);
      const compressed = noble.recoverPublicKey(signature, digest, { prehash: false });
      return noble.Point.fromBytes(compressed).toBytes(false);
    } catch {
      return undefined;
    }
  },
};

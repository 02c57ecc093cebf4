import { sha512 } from '@noble/hashes/sha2.js';
import { getPublicKey, hashes, Point, sign, verify } from '@noble/ed25519';
import type { Ed25519Curve } from './ed25519-curve.js';
import { ED25519_ELEMENT_BYTES } from './ed25519-encoding.js';

hashes.sha512 = sha512;

/** noble's default accepts encodings and keys of small order that the protocol refuses. */
const STRICT = { zip215: false } as const;

/**
 * Ed25519 in plain JavaScript, the reference implementation and the one for browsers.
 *
 * noble multiplies the equation by the cofactor. With a torsion-free key the two sides can then only differ from the
 * cofactorless equation by the torsion component of R, so R is checked for one after the equation holds.
 */
export const ed25519: Ed25519Curve = {
  implementation: 'noble',
  importSeed: (seed) => {
    const ownSeed = Uint8Array.from(seed);
    return { publicKey: getPublicKey(ownSeed), sign: (message) => sign(message, ownSeed) };
  },
  importPublicKey: (publicKey) => {
    const key = Uint8Array.from(publicKey);
    return (message, signature) =>
      verify(signature, message, key, STRICT) &&
      Point.fromBytes(signature.subarray(0, ED25519_ELEMENT_BYTES), false).isTorsionFree();
  },
};

import { constants, createPublicKey, hash as hashOf, verify, type JsonWebKey } from 'node:crypto';
import { COORDINATE_BYTES, type PkiImplementation, type PkiPublicKey } from './pki-signature-rule.js';

/** Signatures of certificates by OpenSSL. */
export const pki: PkiImplementation = {
  implementation: 'openssl',
  digest: (hash, data) => new Uint8Array(hashOf(hash, data, 'buffer')),
  importKey: (publicKey) => {
    const key = imported(jwkOf(publicKey));
    if (!key) return undefined;
    return (hash, message, signature, pss) => {
      if (!pss) return verify(hash, message, key, signature);
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return verify(hash, message, { key, padding, saltLength: pss.saltBytes }, signature);
    };
  },
};

function imported(key: JsonWebKey) {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    // A point that is not on its curve.
    return undefined;
  }
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

function jwkOf(key: PkiPublicKey): JsonWebKey {
  if (key.kind === 'rsa') return { kty: 'RSA', n: base64url(key.modulus), e: base64url(key.exponent) };
  const middle = 1 + COORDINATE_BYTES[key.curve];
  const [x, y] = [key.point.subarray(1, middle), key.point.subarray(middle)];
  return { kty: 'EC', crv: key.curve, x: base64url(x), y: base64url(y) };
}

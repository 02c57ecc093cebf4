import { pki } from '#pki-signature';
import { isAcceptedKey, type PkiHash, type PkiPublicKey, type PkiVerifier } from './pki-signature-rule.js';

/**
 * Reads the public key of a certificate for many signatures: RSA from 2,048 bit, P-256, P-384 and P-521.
 *
 * @returns the verifier, or `undefined` when no signature of this key counts
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { generateKeyPairSync, sign } from 'node:crypto';
 * import { createPkiVerifier } from '@touchstone/crypto';
 *
 * const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
 * const point = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-65));
 * const verify = createPkiVerifier({ kind: 'ecdsa', curve: 'P-256', point });
 * const message = new TextEncoder().encode('what is signed');
 * assert(verify?.('sha256', message, sign('sha256', message, privateKey)));
 * assert(!verify?.('sha384', message, sign('sha256', message, privateKey)));
 * ```
 */
export function createPkiVerifier(key: PkiPublicKey): PkiVerifier | undefined {
  return isAcceptedKey(key) ? pki.importKey(key) : undefined;
}

/** SHA-256, SHA-384 or SHA-512 (FIPS 180-4). */
export function pkiDigest(hash: PkiHash, data: Uint8Array): Uint8Array {
  return pki.digest(hash, data);
}

import { p256, p384, p521 } from '@noble/curves/nist.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from './hex.js';
import { isPssEncoding } from './rsa-pss.js';
import type { PkiHash, PkiImplementation, PkiPublicKey, PkiVerifier } from './pki-signature-rule.js';

const hashes = { sha256, sha384, sha512 };
const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 };

/** DER of DigestInfo before the digest (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO: Readonly<Record<PkiHash, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** Signatures of certificates in plain JavaScript, for browsers. It handles public values alone, so that its timing tells nothing. */
export const pki: PkiImplementation = {
  implementation: 'portable',
  digest: (hash, data) => hashes[hash](data),
  importKey: (key) => (key.kind === 'rsa' ? rsaVerifier(key) : ecdsaVerifier(key)),
};

function ecdsaVerifier({ curve, point }: PkiPublicKey & { kind: 'ecdsa' }): PkiVerifier | undefined {
  const ecdsa = curves[curve];
  if (!ecdsa.utils.isValidPublicKey(point, false)) return undefined;
  return (hash, message, signature) =>
    ecdsa.verify(signature, hashes[hash](message), point, { prehash: false, lowS: false, format: 'der' });
}

function rsaVerifier(key: PkiPublicKey & { kind: 'rsa' }): PkiVerifier {
  const [modulus, exponent] = [integerOf(key.modulus), integerOf(key.exponent)];
  const size = key.modulus.length;
  return (hash, message, signature, pss) => {
    if (signature.length !== size) return false;
    const value = integerOf(signature);
    if (value >= modulus) return false;
    const encoded = hexToBytes(
      power(value, exponent, modulus)
        .toString(16)
        .padStart(size * 2, '0'),
    ) as Uint8Array;
    const digest = hashes[hash](message);
    if (!pss) return equalBytes(encoded, pkcs1Encoding(hash, digest, size));
    return isPssEncoding(encoded, digest, pss.saltBytes, modulus.toString(2).length - 1, hashes[hash]);
  };
}

/** The whole encoding is compared: nothing of the decrypted signature is parsed, which is where forgeries hide. */
function pkcs1Encoding(hash: PkiHash, digest: Uint8Array, size: number): Uint8Array {
  const tail = DIGEST_INFO[hash] + bytesToHex(digest);
  return hexToBytes(`0001${'ff'.repeat(size - 3 - tail.length / 2)}00${tail}`) as Uint8Array;
}

const equalBytes = (left: Uint8Array, right: Uint8Array): boolean => bytesToHex(left) === bytesToHex(right);
const integerOf = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`);

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

import { secp256k1 } from '#secp256k1';
import { bytesToHex } from './hex.js';
import { keccak256 } from './keccak256.js';
import { createEcdsa, type EcdsaSigner, type EcdsaVerification, type EcdsaVerifier } from './ecdsa-rule.js';

const ecdsa = createEcdsa(secp256k1);

const UNCOMPRESSED_BYTES = 65;
const UNCOMPRESSED_FIRST_BYTE = 4;
const EVM_ADDRESS_BYTES = 20;

/** Which implementation of secp256k1 was loaded; `noble` on a server means that the platform has no native binary. */
export const ecdsaImplementation = secp256k1.implementation;

/**
 * Reads a private key for many signatures: the public key is derived once.
 * The array is used, not copied; erase it when the signer is no longer needed, and do not change it before.
 *
 * @param privateKey 32 bytes
 * @throws RangeError when it is not a scalar in 1…n−1
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { createEcdsaSigner, ecdsaVerify, sha256Text } from '@touchstone/crypto';
 *
 * const signer = createEcdsaSigner(crypto.getRandomValues(new Uint8Array(32)));
 * const digest = sha256Text('what is signed');
 * assert.equal(ecdsaVerify(digest, signer.sign(digest), signer.publicKey), 'ok');
 * ```
 */
export function createEcdsaSigner(privateKey: Uint8Array): EcdsaSigner {
  return ecdsa.signer(privateKey);
}

/**
 * Signs a digest with secp256k1. The nonce is that of RFC 6979, the signature is low-S and was verified, because a
 * fault while signing can reveal the private key. The digest is not hashed again.
 *
 * Derives the public key at every call; {@link createEcdsaSigner} is the faster way to sign often.
 *
 * @param digest 32 bytes
 * @param privateKey 32 bytes
 * @returns r and s, 64 bytes
 * @throws RangeError for a digest or a private key of another shape
 * @throws AppError `internal` when the new signature does not verify
 */
export function ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array {
  return ecdsa.signer(privateKey).sign(digest);
}

/**
 * {@link ecdsaVerify} for many signatures of one key: the key is read once, with the first of them.
 * The array is used, not copied; do not change it.
 *
 * @param publicKey compressed point, 33 bytes
 */
export function createEcdsaVerifier(publicKey: Uint8Array): EcdsaVerifier {
  return ecdsa.verifier(publicKey);
}

/**
 * Verifies a compact secp256k1 signature over a digest (protocol section 2).
 *
 * @param digest 32 bytes, not hashed again
 * @param compact r and s; any other length than 64 bytes is a bad signature
 * @param publicKey compressed point, 33 bytes
 * @returns `'ok'`, `'high-s'` or `'bad-signature'`; compare with `'ok'`, since all three are truthy
 * @throws RangeError when the digest is not 32 bytes
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { ecdsaPublicKey, ecdsaSign, ecdsaVerify, sha256Text } from '@touchstone/crypto';
 *
 * const privateKey = new Uint8Array(32).fill(7);
 * const signature = ecdsaSign(sha256Text('one'), privateKey);
 * const publicKey = ecdsaPublicKey(privateKey);
 * assert.equal(ecdsaVerify(sha256Text('one'), signature, publicKey), 'ok');
 * assert.equal(ecdsaVerify(sha256Text('two'), signature, publicKey), 'bad-signature');
 * ```
 */
export function ecdsaVerify(
  digest: Uint8Array,
  compact: Uint8Array,
  publicKey: Uint8Array,
): EcdsaVerification {
  return ecdsa.verify(digest, compact, publicKey);
}

/**
 * Compressed public key, 33 bytes, of a private key of 32 bytes.
 *
 * @throws RangeError when the private key is not a scalar in 1…n−1
 */
export function ecdsaPublicKey(privateKey: Uint8Array): Uint8Array {
  return ecdsa.publicKey(privateKey);
}

/** Whether bytes are a compressed point of secp256k1 (33 bytes, `02` or `03` first). */
export function isEcdsaPublicKey(publicKey: Uint8Array): boolean {
  return ecdsa.isPublicKey(publicKey);
}

/**
 * The public key that a signature was made with, as Ethereum finds out who signed. Signatures with a high s are taken
 * too: the rule of evidence does not stand here, whoever asks has a rule of his own.
 *
 * @param digest 32 bytes, not hashed again
 * @param compact r and s, 64 bytes
 * @param yIsOdd the recovery bit, v − 27 of an Ethereum signature
 * @returns the uncompressed point, 65 bytes; `undefined` when there is none
 * @throws RangeError when the digest is not 32 bytes
 */
export function ecdsaRecoverPublicKey(
  digest: Uint8Array,
  compact: Uint8Array,
  yIsOdd: boolean,
): Uint8Array | undefined {
  return ecdsa.recoverPublicKey(digest, compact, yIsOdd);
}

/**
 * The address of an account of Ethereum: the last 20 bytes of Keccak-256 over the point.
 *
 * @param publicKey compressed (33 bytes) or uncompressed (65 bytes) point
 * @returns lower-case hex with `0x`
 * @throws RangeError when the bytes are no point of secp256k1
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { ecdsaPublicKey, evmAddress, hexToBytes } from '@touchstone/crypto';
 *
 * const privateKey = hexToBytes('ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80', 32);
 * assert(privateKey);
 * assert.equal(evmAddress(ecdsaPublicKey(privateKey)), '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266');
 * ```
 */
export function evmAddress(publicKey: Uint8Array): `0x${string}` {
  const point = publicKey.length === UNCOMPRESSED_BYTES ? publicKey : ecdsa.uncompressed(publicKey);
  if (point === undefined || point[0] !== UNCOMPRESSED_FIRST_BYTE)
    throw new RangeError('The public key is no point of secp256k1 of 33 or 65 bytes.');
  return `0x${bytesToHex(keccak256(point.subarray(1)).subarray(-EVM_ADDRESS_BYTES))}`;
}

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import {
  type Ed25519Sign,
  type Ed25519Verify,
  type NoteAlgorithm,
  type NoteKey,
  noteKey,
} from '../src/index.js';

/** PKCS #8 header of an Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Ed25519 by OpenSSL, a second implementation beside the one that the product uses. */
export const ed25519Verify: Ed25519Verify = (message, signature, publicKey) => {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, key, signature);
};

/** A note key whose seed is 32 times the same byte, and its signing function. */
export function ed25519Secret(
  name: string,
  algorithm: NoteAlgorithm,
  seedByte: number,
): { key: NoteKey; sign: Ed25519Sign } {
  const der = Buffer.concat([PKCS8_PREFIX, Buffer.alloc(32, seedByte)]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(secret).export({ format: 'jwk' });
  return {
    key: noteKey(name, algorithm, new Uint8Array(Buffer.from(x, 'base64url'))),
    sign: (message) => new Uint8Array(sign(null, message, secret)),
  };
}

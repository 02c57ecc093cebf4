import { NoteError } from './note-error.js';
import type { NoteKey } from './note-key.js';
import type { NoteSigner } from './note-signing.js';
import type { NoteVerifier } from './note-verification.js';

/** Verifies an Ed25519 signature (RFC 8032) over a message; given by the caller, who chooses the library. */
export type Ed25519Verify = (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) => boolean;

/** Signs a message with Ed25519 (RFC 8032), 64 bytes. */
export type Ed25519Sign = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Bytes of an Ed25519 signature. */
export const ED25519_SIGNATURE_BYTES = 64;

const encoder = new TextEncoder();

/**
 * Verifier of plain Ed25519 note signatures, type 0x01 (C2SP signed-note).
 *
 * @throws NoteError `unsupported-algorithm` when the key is of another type
 */
export function ed25519NoteVerifier(key: NoteKey, verify: Ed25519Verify): NoteVerifier {
  requireEd25519(key);
  return {
    name: key.name,
    keyId: key.keyId,
    verify: (text, signature) =>
      signature.length === ED25519_SIGNATURE_BYTES && verify(encoder.encode(text), signature, key.publicKey),
  };
}

/**
 * Signer of plain Ed25519 note signatures, type 0x01 (C2SP signed-note).
 *
 * @throws NoteError `unsupported-algorithm` when the key is of another type
 */
export function ed25519NoteSigner(key: NoteKey, sign: Ed25519Sign): NoteSigner {
  requireEd25519(key);
  return { name: key.name, keyId: key.keyId, sign: (text) => sign(encoder.encode(text)) };
}

function requireEd25519(key: NoteKey): void {
  if (key.algorithm !== 'ed25519') {
    throw new NoteError(
      'unsupported-algorithm',
      `The key ${key.name} makes cosignatures, not note signatures.`,
    );
  }
}

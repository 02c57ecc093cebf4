import { base64ToBytes, bytesToBase64, bytesToHex, sha256 } from '@touchstone/crypto';
import { hasControlCharacter } from './control-character.js';
import { NoteError, type NoteRefusal, refuseNote } from './note-error.js';

/** Signature types of C2SP signed-note that are supported here, by their identifier byte. */
export const NOTE_ALGORITHMS = { ed25519: 0x01, cosignatureV1: 0x04 } as const;

/** Name of a supported signature type: a plain Ed25519 signature, or a timestamped cosignature of a witness. */
export type NoteAlgorithm = keyof typeof NOTE_ALGORITHMS;

/** Identity of a note key: name and key ID together. */
export interface NoteKeyId {
  /** A URL without schema by convention; no Unicode space and no plus sign. */
  readonly name: string;
  /** The first four bytes of the key's hash, as 8 lower-case hex characters. */
  readonly keyId: string;
}

/** A public key that signs notes. */
export interface NoteKey extends NoteKeyId {
  readonly algorithm: NoteAlgorithm;
  /** Ed25519 public key, 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array;
}

const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;
const NEWLINE = 0x0a;
const SPACE_OR_PLUS = /[\p{White_Space}+]/u;
const VERIFIER_KEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u;

/** Most characters of a key name or of a checkpoint's origin. */
export const KEY_NAME_LENGTH_MAX = 255;

/** True for a name that a signature line can carry (C2SP signed-note). */
export function isKeyName(name: string): boolean {
  return (
    name.length >= 1 &&
    name.length <= KEY_NAME_LENGTH_MAX &&
    !SPACE_OR_PLUS.test(name) &&
    name.isWellFormed() &&
    !hasControlCharacter(name)
  );
}

/**
 * Makes a note key of a name and a public key; its ID is `sha256(name || "\n" || algorithm || publicKey)[:4]`.
 *
 * @throws NoteError `key-name` or `key-format`
 */
export function noteKey(name: string, algorithm: NoteAlgorithm, publicKey: Uint8Array): NoteKey {
  if (!isKeyName(name))
    throw new NoteError('key-name', 'A key name is not empty, without spaces and plus signs.');
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new NoteError(
      'key-format',
      `An Ed25519 public key has ${PUBLIC_KEY_BYTES} bytes, not ${publicKey.length}.`,
    );
  }
  return { name, keyId: computeKeyId(name, algorithm, publicKey), algorithm, publicKey };
}

/** Writes a key as the text of C2SP signed-note: `name+hex(key ID)+base64(algorithm || public key)`. */
export function formatVerifierKey(key: NoteKey): string {
  const material = bytesToBase64(Uint8Array.of(NOTE_ALGORITHMS[key.algorithm], ...key.publicKey));
  return `${key.name}+${key.keyId}+${material}`;
}

/**
 * Reads a verifier key. The ID must be the one that name and public key give.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { formatVerifierKey, noteKey, parseVerifierKey } from '@touchstone/merkle';
 *
 * const text = formatVerifierKey(noteKey('log.example', 'ed25519', new Uint8Array(32).fill(7)));
 * assert.equal(parseVerifierKey(text).ok, true);
 * assert.deepEqual(parseVerifierKey(text.replace('log', 'lag')), { ok: false, reason: 'key-id-mismatch' });
 * ```
 */
export function parseVerifierKey(text: string): { ok: true; key: NoteKey } | NoteRefusal {
  const [, name = '', keyId, encoded = ''] = VERIFIER_KEY.exec(text) ?? [];
  const material = base64ToBytes(encoded);
  if (keyId === undefined || material === undefined) return refuseNote('key-format');
  if (!isKeyName(name)) return refuseNote('key-name');
  const algorithm = algorithmOf(material[0]);
  if (algorithm === undefined) return refuseNote('unsupported-algorithm');
  const publicKey = material.subarray(1);
  if (publicKey.length !== PUBLIC_KEY_BYTES) return refuseNote('key-format');
  const key = noteKey(name, algorithm, publicKey);
  return key.keyId === keyId ? { ok: true, key } : refuseNote('key-id-mismatch');
}

function algorithmOf(identifier: number | undefined): NoteAlgorithm | undefined {
  if (identifier === NOTE_ALGORITHMS.ed25519) return 'ed25519';
  return identifier === NOTE_ALGORITHMS.cosignatureV1 ? 'cosignatureV1' : undefined;
}

function computeKeyId(name: string, algorithm: NoteAlgorithm, publicKey: Uint8Array): string {
  const nameBytes = new TextEncoder().encode(name);
  const input = Uint8Array.of(...nameBytes, NEWLINE, NOTE_ALGORITHMS[algorithm], ...publicKey);
  return bytesToHex(sha256(input).subarray(0, KEY_ID_BYTES));
}

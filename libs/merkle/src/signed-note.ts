import { base64ToBytes, bytesToBase64, bytesToHex, hexToBytes } from '@touchstone/crypto';
import { hasControlCharacter } from './control-character.js';
import { NoteError, type NoteRefusal, refuseNote } from './note-error.js';
import { isKeyName, type NoteKeyId } from './note-key.js';

/** Largest note in bytes of UTF-8; 16 signatures of 5 kB fit, which C2SP signed-note asks verifiers to accept. */
export const NOTE_BYTES_MAX = 131_072;

/** Most signature lines of a note. */
export const NOTE_SIGNATURES_MAX = 64;

/** One signature line: the key it claims, and the signature behind the key ID. */
export interface NoteSignature extends NoteKeyId {
  readonly signature: Uint8Array;
}

/** A note as it was written; nothing in it is verified. */
export interface SignedNote {
  /** The signed text with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const KEY_ID_BYTES = 4;
const LINE_PREFIX = '\u2014 ';
const BYTES_PER_CODE_UNIT_MAX = 3;

/**
 * Reads a signed note (C2SP signed-note): text, an empty line, one or more signature lines. Lines may be equal, and one key
 * may have several.
 *
 * Never throws on untrusted text.
 */
export function parseNote(source: string | Uint8Array): { ok: true; note: SignedNote } | NoteRefusal {
  const decoded = noteText(source);
  if (!decoded.ok) return decoded;
  const whole = decoded.text;
  const separator = whole.lastIndexOf('\n\n');
  if (separator < 0) return refuseNote('no-separator');
  if (!whole.endsWith('\n')) return refuseNote('no-final-newline');
  const lines = whole.slice(separator + 2, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX) return refuseNote('too-many-signatures');
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === undefined) return refuseNote('signature-line');
    signatures.push(signature);
  }
  return { ok: true, note: { text: whole.slice(0, separator + 1), signatures } };
}

/**
 * Writes a signed note; {@link parseNote} reads it back to the same.
 *
 * @throws NoteError when no reader would accept the result
 */
export function formatNote(note: SignedNote): string {
  checkNoteText(note.text);
  const whole = `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;
  const parsed = parseNote(whole);
  if (!parsed.ok)
    throw new NoteError(parsed.reason, 'The signatures do not make a note that can be read back.');
  return whole;
}

/**
 * Makes sure that a text can be signed as a note.
 *
 * @throws NoteError
 */
export function checkNoteText(text: string): void {
  const decoded = noteText(text);
  if (!decoded.ok)
    throw new NoteError(decoded.reason, 'A note is short UTF-8 text without control characters.');
  if (!text.endsWith('\n'))
    throw new NoteError('no-final-newline', 'The text of a note ends with a newline.');
}

/** True when both name the same key. */
export function isSameKey(left: NoteKeyId, right: NoteKeyId): boolean {
  return left.name === right.name && left.keyId === right.keyId;
}

function noteText(source: string | Uint8Array): { ok: true; text: string } | NoteRefusal {
  if (source.length > NOTE_BYTES_MAX) return refuseNote('too-large');
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  if (text === undefined || !text.isWellFormed()) return refuseNote('not-utf8');
  if (!fits(text)) return refuseNote('too-large');
  return hasControlCharacter(text) ? refuseNote('control-character') : { ok: true, text };
}

function fits(text: string): boolean {
  if (text.length * BYTES_PER_CODE_UNIT_MAX <= NOTE_BYTES_MAX) return true;
  return new TextEncoder().encode(text).length <= NOTE_BYTES_MAX;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  if (!line.startsWith(LINE_PREFIX)) return undefined;
  const parts = line.slice(LINE_PREFIX.length).split(' ');
  const [name, encoded] = parts as [string, string];
  if (parts.length !== 2 || !isKeyName(name)) return undefined;
  const bytes = base64ToBytes(encoded);
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined;
  return {
    name,
    keyId: bytesToHex(bytes.subarray(0, KEY_ID_BYTES)),
    signature: bytes.subarray(KEY_ID_BYTES),
  };
}

function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  const id = hexToBytes(keyId, KEY_ID_BYTES);
  if (id === undefined) throw new NoteError('key-format', 'A key ID is 8 lower-case hex characters.');
  return `${LINE_PREFIX}${name} ${bytesToBase64(Uint8Array.of(...id, ...signature))}\n`;
}

import type { NoteKeyId } from './note-key.js';
import {
  checkNoteText,
  formatNote,
  isSameKey,
  type NoteSignature,
  parseNote,
  type SignedNote,
} from './signed-note.js';
import { NoteError } from './note-error.js';

/** A key that signs the text of a note; it may live in an HSM, hence the promise. */
export interface NoteSigner extends NoteKeyId {
  sign(text: string): Uint8Array | Promise<Uint8Array>;
}

/**
 * Signs a text as a note (C2SP signed-note), one line per signer in their order.
 *
 * @param text ends with a newline
 * @throws NoteError when text and names do not make a note
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { createEd25519Signer, ed25519Verify } from '@touchstone/crypto';
 * import { ed25519NoteSigner, ed25519NoteVerifier, noteKey, signNote, verifyNote } from '@touchstone/merkle';
 *
 * const signer = createEd25519Signer(new Uint8Array(32).fill(7));
 * const key = noteKey('log.example', 'ed25519', signer.publicKey);
 * const note = await signNote('a text\n', [ed25519NoteSigner(key, signer.sign)]);
 *
 * const verifier = ed25519NoteVerifier(key, (...signed) => ed25519Verify(...signed) === 'ok');
 * assert.equal(verifyNote(note, [verifier]).ok, true);
 * assert.deepEqual(verifyNote(note.replace('text', 'test'), [verifier]), {
 *   ok: false,
 *   reason: 'bad-signature',
 * });
 * ```
 */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  checkNoteText(text);
  return written({ text, signatures: await signaturesOf(text, signers) });
}

/**
 * Adds signatures to a note, those of witnesses for example, behind the ones it has.
 *
 * @throws NoteError when the note cannot be read, or a signer has already signed it
 */
export async function cosignNote(note: string, signers: readonly NoteSigner[]): Promise<string> {
  const parsed = parseNote(note);
  if (!parsed.ok) throw new NoteError(parsed.reason, 'The note to be cosigned cannot be read.');
  const { text, signatures } = parsed.note;
  return written({ text, signatures: [...signatures, ...(await signaturesOf(text, signers))] });
}

/** A key signs once: readers take several lines of one key, and writers make no such note. */
function written(note: SignedNote): string {
  const { signatures } = note;
  if (signatures.some((line, index) => signatures.findIndex((other) => isSameKey(other, line)) < index))
    throw new NoteError('duplicate-signature', 'A key has signed this note before.');
  return formatNote(note);
}

function signaturesOf(text: string, signers: readonly NoteSigner[]): Promise<NoteSignature[]> {
  return Promise.all(
    signers.map(async (signer) => ({
      name: signer.name,
      keyId: signer.keyId,
      signature: await signer.sign(text),
    })),
  );
}

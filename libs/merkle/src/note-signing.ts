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

import { type NoteRefusal, refuseNote } from './note-error.js';
import type { NoteKeyId } from './note-key.js';
import { isSameKey, type NoteSignature, parseNote, type SignedNote } from './signed-note.js';

/** A key that the verifier trusts, and the rule by which it signs the text of a note. */
export interface NoteVerifier extends NoteKeyId {
  /** True when `signature` is this key's over `text`. Answers false, rather than throws, on malformed signatures. */
  verify(text: string, signature: Uint8Array): boolean;
}

/** A note that at least one trusted key has signed. */
export interface VerifiedNote {
  readonly note: SignedNote;
  /** The signatures of trusted keys, all of them verified, in the order of the note. */
  readonly verified: readonly NoteSignature[];
}

/**
 * Verifies a note (C2SP signed-note). Signatures of unknown keys are ignored. A trusted key's signature that does not
 * verify condemns the note, and so does the lack of any trusted signature.
 *
 * @param source the note's text, or what {@link parseNote} read from it
 */
export function verifyNote(
  source: string | Uint8Array | SignedNote,
  verifiers: readonly NoteVerifier[],
): { ok: true; value: VerifiedNote } | NoteRefusal {
  const parsed = isText(source) ? parseNote(source) : ({ ok: true, note: source } as const);
  if (!parsed.ok) return parsed;
  const { note } = parsed;
  const verified: NoteSignature[] = [];
  for (const signature of note.signatures) {
    const verifier = verifiers.find((candidate) => isSameKey(candidate, signature));
    if (verifier === undefined) continue;
    // Compared with true: a verification function that answers with a word of its own must not pass for success.
    if (verifier.verify(note.text, signature.signature) !== true) return refuseNote('bad-signature');
    verified.push(signature);
  }
  return verified.length > 0 ? { ok: true, value: { note, verified } } : refuseNote('no-known-key');
}

function isText(source: string | Uint8Array | SignedNote): source is string | Uint8Array {
  return typeof source === 'string' || source instanceof Uint8Array;
}

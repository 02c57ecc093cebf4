import { type NoteRefusal, refuseNote } from './note-error.js';
import type { NoteKeyId } from './note-key.js';
import { isSameKey, type NoteSignature, parseNote, type SignedNote } from './signed-note.js';

/** A key that the verifier trusts, and the rule by which it signs the text of a note. */
export interface NoteVerifier extends NoteKeyId {
  /** True when `signature` is this key's over `text`. Answers false, rather than throws, on malformed signatures. */
  verify(text: string, signature: Uint8Array): boolean;
}

/** What trusted keys say of a note; lines of unknown keys are in neither list. */
export interface JudgedSignatures {
  /** Lines of trusted keys that verify, equal ones once, in the order of the note. */
  readonly verified: readonly NoteSignature[];
  /** Lines that claim a trusted key and do not verify. */
  readonly refuted: readonly NoteSignature[];
}

/** A note that at least one trusted key has signed. */
export interface VerifiedNote extends JudgedSignatures {
  readonly note: SignedNote;
}

/**
 * Judges each signature line by itself. A false line of a trusted key condemns nothing but itself, so that nobody can make a
 * note worthless by adding a line to it; C2SP signed-note asks verifiers to refuse the whole note instead.
 */
export function judgeSignatures(note: SignedNote, verifiers: readonly NoteVerifier[]): JudgedSignatures {
  const verified: NoteSignature[] = [];
  const refuted: NoteSignature[] = [];
  for (const line of note.signatures) {
    const verifier = verifiers.find((candidate) => isSameKey(candidate, line));
    if (verifier === undefined) continue;
    const lines = [...verified, ...refuted];
    if (lines.some((earlier) => isSameKey(earlier, line) && isSameSignature(earlier, line))) continue;
    // Compared with true: a verification function that answers with a word of its own must not pass for success.
    if (verifier.verify(note.text, line.signature) === true) verified.push(line);
    else refuted.push(line);
  }
  return { verified, refuted };
}

/**
 * Verifies a note: one line of one trusted key must verify; see {@link judgeSignatures} for the others.
 *
 * @param source the note's text, or what {@link parseNote} read from it
 * @returns `bad-signature` when trusted keys are claimed and no such line verifies, `no-known-key` when none is claimed
 */
export function verifyNote(
  source: string | Uint8Array | SignedNote,
  verifiers: readonly NoteVerifier[],
): { ok: true; value: VerifiedNote } | NoteRefusal {
  const parsed = isText(source) ? parseNote(source) : ({ ok: true, note: source } as const);
  if (!parsed.ok) return parsed;
  const judged = judgeSignatures(parsed.note, verifiers);
  if (judged.verified.length > 0) return { ok: true, value: { note: parsed.note, ...judged } };
  return refuseNote(judged.refuted.length > 0 ? 'bad-signature' : 'no-known-key');
}

function isText(source: string | Uint8Array | SignedNote): source is string | Uint8Array {
  return typeof source === 'string' || source instanceof Uint8Array;
}

function isSameSignature(left: NoteSignature, right: NoteSignature): boolean {
  return (
    left.signature.length === right.signature.length &&
    left.signature.every((byte, index) => byte === right.signature[index])
  );
}

import { sha256Text } from '@touchstone/crypto';
import { type Checkpoint, parseCheckpointText } from './checkpoint.js';
import { NoteError, type NoteRefusal, refuseNote } from './note-error.js';
import type { NoteKeyId } from './note-key.js';
import { type NoteVerifier, verifyNote } from './note-verification.js';
import { formatNote, isSameKey, type NoteSignature, parseNote, type SignedNote } from './signed-note.js';

/** A note and the checkpoint that was read from its text; its signatures are not judged. */
export interface WrittenCheckpoint {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
}

/** A checkpoint whose log signature is verified. */
export interface VerifiedCheckpoint extends WrittenCheckpoint {
  /** Verified signatures of the given witnesses. */
  readonly cosignatures: readonly NoteSignature[];
}

/**
 * Opens a signed checkpoint: the log itself must have signed it, and its origin is the name of the log's key. A
 * witness's signature does not stand in for the log's; one that does not verify condemns the whole note.
 *
 * @param source the note's text, or what `parseNote` and `parseCheckpointText` read from it
 */
export function openCheckpoint(
  source: string | Uint8Array | WrittenCheckpoint,
  log: NoteVerifier,
  witnesses: readonly NoteVerifier[] = [],
): { ok: true; value: VerifiedCheckpoint } | NoteRefusal {
  const isRead = isWrittenCheckpoint(source);
  const opened = verifyNote(isRead ? source.note : source, [log, ...witnesses]);
  if (!opened.ok) return opened;
  const { note, verified } = opened.value;
  if (!verified.some((signature) => isSameKey(signature, log))) return refuseNote('no-log-signature');
  const parsed = isRead
    ? ({ ok: true, checkpoint: source.checkpoint } as const)
    : parseCheckpointText(note.text);
  if (!parsed.ok) return parsed;
  if (parsed.checkpoint.origin !== log.name) return refuseNote('origin');
  const cosignatures = verified.filter((signature) => !isSameKey(signature, log));
  return { ok: true, value: { checkpoint: parsed.checkpoint, note, cosignatures } };
}

function isWrittenCheckpoint(source: string | Uint8Array | WrittenCheckpoint): source is WrittenCheckpoint {
  return typeof source === 'object' && 'checkpoint' in source;
}

/**
 * The checkpoint with the log's own signature line and no other: the form whose digest goes on chains.
 *
 * @throws NoteError `no-log-signature` when the log has not signed the note
 */
export function logSignedCheckpoint(note: SignedNote, log: NoteKeyId): string {
  const signatures = note.signatures.filter((signature) => isSameKey(signature, log));
  if (signatures.length === 0)
    throw new NoteError('no-log-signature', `${log.name} has not signed this note.`);
  return formatNote({ text: note.text, signatures });
}

/**
 * The commitment of a checkpoint, `sha256(utf8(signed checkpoint))`, 32 bytes. Refused unless the log's line is the
 * only one: cosignatures arrive later and would change the digest.
 */
export function checkpointCommitment(
  signedCheckpoint: string,
  log: NoteKeyId,
): { ok: true; commitment: Uint8Array } | NoteRefusal {
  const parsed = parseNote(signedCheckpoint);
  if (!parsed.ok) return parsed;
  const { signatures } = parsed.note;
  if (!signatures.every((signature) => isSameKey(signature, log))) return refuseNote('not-only-the-log');
  return { ok: true, commitment: sha256Text(signedCheckpoint) };
}

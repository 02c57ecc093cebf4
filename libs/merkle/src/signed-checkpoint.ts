import { sha256Text } from '@touchstone/crypto';
import { type Checkpoint, parseCheckpointText } from './checkpoint.js';
import { type NoteRefusal, refuseNote } from './note-error.js';
import { type JudgedSignatures, type NoteVerifier, verifyNote } from './note-verification.js';
import { formatNote, isSameKey, type NoteSignature, type SignedNote } from './signed-note.js';

/** A note and the checkpoint that was read from its text; its signatures are not judged. */
export interface WrittenCheckpoint {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
}

/** A checkpoint whose log signature is verified. */
export interface VerifiedCheckpoint extends WrittenCheckpoint, Pick<JudgedSignatures, 'refuted'> {
  /** Verified signatures of the given witnesses. */
  readonly cosignatures: readonly NoteSignature[];
}

/**
 * Opens a signed checkpoint: the log itself must have signed it, and its origin is the name of the log's key. A
 * witness's signature does not stand in for the log's.
 *
 * @param source the note's text, or what `parseNote` and `parseCheckpointText` read from it
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { ed25519Verify } from '@touchstone/crypto';
 * import { ed25519NoteVerifier, openCheckpoint, parseVerifierKey } from '@touchstone/merkle';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/checkpoint.json', 'utf8'));
 * const { note, vkey } = cases[0].input;
 * const parsed = parseVerifierKey(vkey);
 * assert(parsed.ok);
 *
 * const log = ed25519NoteVerifier(parsed.key, (...signed) => ed25519Verify(...signed) === 'ok');
 * const opened = openCheckpoint(note, log);
 * assert(opened.ok);
 * assert.equal(opened.value.checkpoint.size, 8n);
 * assert.deepEqual(openCheckpoint(note.replace('\n8\n', '\n9\n'), log), {
 *   ok: false,
 *   reason: 'bad-signature',
 * });
 * ```
 */
export function openCheckpoint(
  source: string | Uint8Array | WrittenCheckpoint,
  log: NoteVerifier,
  witnesses: readonly NoteVerifier[] = [],
): { ok: true; value: VerifiedCheckpoint } | NoteRefusal {
  const isRead = isWrittenCheckpoint(source);
  const opened = verifyNote(isRead ? source.note : source, [log, ...witnesses]);
  if (!opened.ok) return opened;
  const { note, verified, refuted } = opened.value;
  if (!verified.some((signature) => isSameKey(signature, log)))
    return refuseNote(refuted.some((line) => isSameKey(line, log)) ? 'bad-signature' : 'no-log-signature');
  const parsed = isRead
    ? ({ ok: true, checkpoint: source.checkpoint } as const)
    : parseCheckpointText(note.text);
  if (!parsed.ok) return parsed;
  if (parsed.checkpoint.origin !== log.name) return refuseNote('origin');
  const cosignatures = verified.filter((signature) => !isSameKey(signature, log));
  return { ok: true, value: { checkpoint: parsed.checkpoint, note, cosignatures, refuted } };
}

function isWrittenCheckpoint(source: string | Uint8Array | WrittenCheckpoint): source is WrittenCheckpoint {
  return typeof source === 'object' && 'checkpoint' in source;
}

/**
 * What an anchor may commit to: for each signature line under the log's own name `sha256(utf8(text || "\n" || line || "\n"))`,
 * 32 bytes, equal lines once. No key is asked: lines of witnesses and of further keys change none of them.
 */
export function checkpointCommitments(written: WrittenCheckpoint): Uint8Array[] {
  return committedTexts(written).map((text) => sha256Text(text));
}

/** The texts whose hashes {@link checkpointCommitments} are, in its order: the note with one of the log's lines each. */
export function committedTexts({ note, checkpoint }: WrittenCheckpoint): string[] {
  const own = note.signatures.filter(({ name }) => name === checkpoint.origin);
  return [...new Set(own.map((line) => formatNote({ text: note.text, signatures: [line] })))];
}

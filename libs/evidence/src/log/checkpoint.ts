import { sha256Text } from '@touchstone/crypto';
import {
  logSignedCheckpoint,
  openCheckpoint,
  parseCheckpointText,
  parseNote,
  type Checkpoint,
  type NoteVerifier,
  type WrittenCheckpoint,
} from '@touchstone/merkle';
import { logVerifier, witnessVerifiers } from './note-keys.js';

/** Reads a signed note and the checkpoint in it without judging its signatures. */
export function readSignedCheckpoint(text: string): WrittenCheckpoint | undefined {
  const parsed = parseNote(text);
  if (!parsed.ok) return undefined;
  const checkpoint = parseCheckpointText(parsed.note.text);
  return checkpoint.ok ? { note: parsed.note, checkpoint: checkpoint.checkpoint } : undefined;
}

/** Reads origin, size and root from a signed note without judging its signatures. */
export function readCheckpoint(note: string): Checkpoint | undefined {
  return readSignedCheckpoint(note)?.checkpoint;
}

/**
 * What an anchor commits to: `sha256(utf8(signed checkpoint))` with the log's own signature line and no other
 * (protocol section 7).
 *
 * @returns 32 bytes, or `undefined` when the note has not exactly one line under the log's name
 */
export function anchoredCommitment(note: string): Uint8Array | undefined {
  const written = readSignedCheckpoint(note);
  return written && commitmentOf(written);
}

/** {@link anchoredCommitment} of a checkpoint that was read. */
export function commitmentOf({ note, checkpoint }: WrittenCheckpoint): Uint8Array | undefined {
  const own = note.signatures.filter(({ name }) => name === checkpoint.origin);
  const [signature] = own;
  if (!signature || own.length > 1) return undefined;
  return sha256Text(logSignedCheckpoint(note, signature));
}

/** The outcome of opening a checkpoint with the keys of a trust file. */
export type OpenedCheckpoint =
  | { readonly ok: true; readonly checkpoint: Checkpoint; readonly witnesses: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/** Verifies the log's signature, and the cosignatures of the witnesses that are trusted. */
export function openWithKeys(note: string, vkey: string, witnessVkeys: readonly string[]): OpenedCheckpoint {
  return openWithVerifiers(note, logVerifier(vkey), witnessVerifiers(witnessVkeys));
}

/** {@link openWithKeys} with keys, and a checkpoint where it is at hand, that were read before. */
export function openWithVerifiers(
  note: string | WrittenCheckpoint,
  log: NoteVerifier | undefined,
  witnesses: readonly NoteVerifier[],
): OpenedCheckpoint {
  if (!log) return { ok: false, reason: 'the trust file’s log key is not an Ed25519 verifier key' };
  const opened = openCheckpoint(note, log, witnesses);
  if (!opened.ok) return { ok: false, reason: opened.reason };
  const names = opened.value.cosignatures.map(({ name }) => name);
  return { ok: true, checkpoint: opened.value.checkpoint, witnesses: names };
}

import { bytesToHex, sha256Text } from '@touchstone/crypto';
import {
  checkpointCommitments,
  committedTexts,
  openCheckpoint,
  parseCheckpointText,
  parseNote,
  type Checkpoint,
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
 * What an anchor of a note commits to that the log alone has just signed (protocol section 7).
 *
 * @returns 32 bytes, or `undefined` when the note has not exactly one line under the log's name
 */
export function anchoredCommitment(note: string): Uint8Array | undefined {
  const written = readSignedCheckpoint(note);
  const [commitment, ...others] = written ? checkpointCommitments(written) : [];
  return others.length === 0 ? commitment : undefined;
}

/** The text of a note whose SHA-256 an anchor commits to (lower-case hex); `undefined` when none has it. */
export function committedText(note: string, commitment: string): string | undefined {
  const written = readSignedCheckpoint(note);
  const texts = written ? committedTexts(written) : [];
  return texts.find((text) => bytesToHex(sha256Text(text)) === commitment);
}

/** The outcome of opening a checkpoint with the keys of a trust file. */
export type OpenedCheckpoint =
  | { readonly ok: true; readonly checkpoint: Checkpoint; readonly witnesses: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Verifies the log's signature, and the cosignatures of the witnesses that are trusted.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { openWithKeys } from '@touchstone/evidence';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/checkpoint.json', 'utf8'));
 * const { note, vkey } = cases[0].input;
 * const opened = openWithKeys(note, vkey, []);
 * assert(opened.ok);
 * assert.equal(opened.checkpoint.origin, 'log.example/touchstone');
 * assert.deepEqual(openWithKeys(note.replace('\n8\n', '\n9\n'), vkey, []), {
 *   ok: false,
 *   reason: 'bad-signature',
 * });
 * ```
 */
export function openWithKeys(note: string, vkey: string, witnessVkeys: readonly string[]): OpenedCheckpoint {
  const log = logVerifier(vkey);
  if (!log) return { ok: false, reason: 'the trust file’s log key is not an Ed25519 verifier key' };
  const opened = openCheckpoint(note, log, witnessVerifiers(witnessVkeys));
  if (!opened.ok) return { ok: false, reason: opened.reason };
  const names = opened.value.cosignatures.map(({ name }) => name);
  return { ok: true, checkpoint: opened.value.checkpoint, witnesses: names };
}

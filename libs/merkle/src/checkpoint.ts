import { base64ToBytes, bytesToBase64 } from '@touchstone/crypto';
import { NoteError, type NoteRefusal, refuseNote } from './note-error.js';
import { KEY_NAME_LENGTH_MAX } from './note-key.js';
import { checkNoteText } from './signed-note.js';
import { isHash } from './tree-hash.js';
import { TREE_SIZE_MAX } from './tree-shape.js';

/** Head of a log at one size (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Identity of the log, by convention a URL without schema. */
  readonly origin: string;
  /** Number of leaves, 0 to 2^64 − 1. */
  readonly size: bigint;
  /** Root at that size, 32 bytes. */
  readonly root: Uint8Array;
  /** Opaque lines; none by recommendation. */
  readonly extensions: readonly string[];
}

/** Most extension lines of a checkpoint. */
export const CHECKPOINT_EXTENSIONS_MAX = 16;

const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;

/** Reads the text of a checkpoint, the note without its signatures. Never throws on untrusted text. */
export function parseCheckpointText(text: string): { ok: true; checkpoint: Checkpoint } | NoteRefusal {
  if (!text.endsWith('\n')) return refuseNote('no-final-newline');
  const lines = text.slice(0, -1).split('\n') as [string, ...string[]];
  const [origin, decimal = '', encodedRoot = '', ...extensions] = lines;
  if (origin === '' || origin.length > KEY_NAME_LENGTH_MAX) return refuseNote('origin');
  if (!DECIMAL.test(decimal)) return refuseNote('tree-size');
  const size = BigInt(decimal);
  if (size > TREE_SIZE_MAX) return refuseNote('tree-size');
  const root = base64ToBytes(encodedRoot);
  if (!isHash(root)) return refuseNote('root');
  if (extensions.length > CHECKPOINT_EXTENSIONS_MAX || extensions.includes(''))
    return refuseNote('extension-line');
  return { ok: true, checkpoint: { origin, size, root, extensions } };
}

/**
 * Writes the text that a log signs.
 *
 * @throws NoteError when {@link parseCheckpointText} would refuse the text or read something else from it
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { emptyRoot, formatCheckpointText, parseCheckpointText } from '@touchstone/merkle';
 *
 * const checkpoint = { origin: 'log.example', size: 0n, root: emptyRoot(), extensions: [] };
 * const text = formatCheckpointText(checkpoint);
 * assert.equal(text, 'log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n');
 * assert.deepEqual(parseCheckpointText(text), { ok: true, checkpoint });
 * ```
 */
export function formatCheckpointText(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions } = checkpoint;
  const text = [origin, size.toString(), bytesToBase64(root), ...extensions]
    .map((line) => `${line}\n`)
    .join('');
  checkNoteText(text);
  const parsed = parseCheckpointText(text);
  if (!parsed.ok) throw new NoteError(parsed.reason, 'The checkpoint has no text that can be read back.');
  if (parsed.checkpoint.origin !== origin || parsed.checkpoint.extensions.length !== extensions.length) {
    throw new NoteError('origin', 'A line of a checkpoint contains a newline.');
  }
  return text;
}

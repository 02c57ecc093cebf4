import { sha256TextHex } from '@touchstone/crypto';
import { parseNote } from '@touchstone/merkle';
import { BatchError } from './batch-error.js';

/** Tenant of batches that no service accepted: those of a folder. */
export const NO_TENANT = '-';

/** What the note of version 2 says (protocol section 5). */
export interface BatchNote {
  /** UUIDv7. */
  readonly batchId: string;
  /** {@link NO_TENANT}, or the id of a tenant. */
  readonly tenant: string;
  readonly leafCount: number;
  /** Lower-case hex. */
  readonly root: string;
  readonly batchTs: string;
  /** {@link noteHash} of the note before it in the stream; null of the first. */
  readonly previous: string | null;
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const BODY = new RegExp(
  '^touchstone\\.dev/event-batch/v2\\n' +
    '(?=batch [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab])' +
    `batch (${UUID})\\n` +
    `tenant (-|${UUID})\\n` +
    'tree rfc9162-sha256 ([1-9][0-9]{0,15}) ([0-9a-f]{64})\\n' +
    'time ([-0-9T:.]{23}Z)\\n' +
    'previous (-|[0-9a-f]{64})\\n$',
);

/** The text that is signed, with its final newline. */
export function formatNoteBody(note: BatchNote): string {
  return [
    'touchstone.dev/event-batch/v2',
    `batch ${note.batchId}`,
    `tenant ${note.tenant}`,
    `tree rfc9162-sha256 ${note.leafCount} ${note.root}`,
    `time ${note.batchTs}`,
    `previous ${note.previous ?? '-'}`,
    '',
  ].join('\n');
}

/** @throws BatchError `note-shape` */
export function readNoteBody(text: string): BatchNote {
  const [, batchId, tenant, leafCount, root, batchTs, previous] = BODY.exec(text) ?? [];
  if (
    batchId === undefined ||
    tenant === undefined ||
    root === undefined ||
    batchTs === undefined ||
    previous === undefined
  )
    throw new BatchError('note-shape', 'The text is not that of a batch.');
  return {
    batchId,
    tenant,
    leafCount: Number(leafCount),
    root,
    batchTs,
    previous: previous === '-' ? null : previous,
  };
}

/**
 * What the note after a signed note names as `previous`: SHA-256 of its text, without the signature lines, as hex.
 *
 * @throws BatchError `note-shape`
 */
export function noteHash(signedNote: string): string {
  return sha256TextHex(readSignedNote(signedNote).text);
}

/**
 * What a signed note says of its batch, whoever signed it.
 *
 * @throws BatchError `note-shape`
 */
export function readBatchNote(signedNote: string): BatchNote {
  return readNoteBody(readSignedNote(signedNote).text);
}

/** @throws BatchError `note-shape` */
export function readSignedNote(signedNote: string): { readonly text: string } {
  const read = parseNote(signedNote);
  if (!read.ok) throw new BatchError('note-shape', `It is no signed note (${read.reason}).`);
  return read.note;
}

import { BatchError } from './batch-error.js';
import type { ProofEntry } from './documents.js';
import { formatOfBatchTime, readBatchTime } from './format.js';
import { PROOF_ENTRIES_MAX } from './limits.js';

/**
 * Judges the list of all batches of a stream: its times rise strictly, and each entry names the root before it.
 *
 * @throws BatchError `batch-time`, `proof-order` or `proof-chain`
 */
export function checkProof(entries: readonly ProofEntry[]): void {
  let before: ProofEntry | undefined;
  let beforeMs = Number.NEGATIVE_INFINITY;
  for (const [index, entry] of entries.entries()) {
    const atMs = timeOf(entry.batch_ts, index);
    if (atMs <= beforeMs) throw new BatchError('proof-order', `Entry ${index}.`);
    if (entry.prev_root !== (before?.merkle_root ?? null))
      throw new BatchError('proof-chain', `Entry ${index}.`);
    before = entry;
    beforeMs = atMs;
  }
}

/**
 * Makes sure that a proof still has everything that an earlier copy of it had.
 *
 * @throws BatchError `proof-regressed`
 */
export function checkExtends(earlier: readonly ProofEntry[], entries: readonly ProofEntry[]): void {
  for (const [index, entry] of earlier.entries()) {
    const now = entries[index];
    if (now === undefined || !isSame(now, entry)) throw new BatchError('proof-regressed', `Entry ${index}.`);
  }
}

/**
 * The proof with one more batch.
 *
 * @throws BatchError as {@link checkProof}; `proof-order` also when the new batch is not later than all others;
 *   `too-large` when the list is full
 */
export function appendToProof(
  entries: readonly ProofEntry[],
  batch: Omit<ProofEntry, 'prev_root'>,
): readonly ProofEntry[] {
  if (entries.length >= PROOF_ENTRIES_MAX)
    throw new BatchError(
      'too-large',
      `A proof lists at most ${PROOF_ENTRIES_MAX} batches; begin another folder.`,
    );
  const { batch_ts, merkle_root, leaf_count } = batch;
  const longer = [
    ...entries,
    { batch_ts, merkle_root, leaf_count, prev_root: entries.at(-1)?.merkle_root ?? null },
  ];
  checkProof(longer);
  return longer;
}

/**
 * Makes sure that the proof lists a batch as it is.
 *
 * @returns the place of the batch
 * @throws BatchError `not-in-proof`
 */
export function requireListed(entries: readonly ProofEntry[], batch: Omit<ProofEntry, 'prev_root'>): number {
  const index = entries.findIndex(({ batch_ts }) => batch_ts === batch.batch_ts);
  const entry = entries[index];
  if (entry?.merkle_root !== batch.merkle_root || entry.leaf_count !== batch.leaf_count)
    throw new BatchError('not-in-proof');
  return index;
}

function isSame(left: ProofEntry, right: ProofEntry): boolean {
  return (
    left.batch_ts === right.batch_ts &&
    left.merkle_root === right.merkle_root &&
    left.leaf_count === right.leaf_count &&
    left.prev_root === right.prev_root
  );
}

function timeOf(batchTs: string, index: number): number {
  const format = formatOfBatchTime(batchTs);
  const atMs = format && readBatchTime(format, batchTs);
  if (atMs === undefined) throw new BatchError('batch-time', `Entry ${index}.`);
  return atMs;
}

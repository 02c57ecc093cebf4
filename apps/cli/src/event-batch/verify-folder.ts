import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  BatchError,
  type BatchKeys,
  batchTimeOfStamp,
  type BatchVerification,
  formatOfBatchTime,
  PROOF_FILE_BYTES_MAX,
  type ProofEntry,
  proofText,
  SIGNATURE_FILE_BYTES_MAX,
  verifyBatch,
} from '@touchstone/event-batch';
import { CommandError, exitCodes } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';
import { piecesOf, sizeOf } from './event-pieces.js';
import { folderFiles, isWriteUnfinished, readFolderProof, requireAllListed } from './folder-files.js';
import { Progress } from '../terminal/progress.js';

export interface FolderQuestion {
  readonly folder: string;
  /** `batch_ts`, or the stamp of the file name; the newest when left out. */
  readonly batch?: string;
  /** A file with an earlier copy of the proof. */
  readonly earlierProof?: string;
}

export type FolderVerification = BatchVerification & {
  /** A writer was killed before it had replaced the copies of the newest, or before it had listed its batch. */
  readonly unfinished?: boolean;
};

/**
 * Verifies one batch of an evidence folder, and the folder around it: the proof lists every batch, and the copies of the
 * newest are copies.
 *
 * @throws CommandError `io` for files that cannot be read, `usage` for a batch that is none
 */
export async function verifyFolder(
  question: FolderQuestion,
  keys: BatchKeys,
  nowMs: number,
): Promise<FolderVerification> {
  const { folder, earlierProof } = question;
  try {
    if (!existsSync(join(folder, folderFiles.proof)))
      throw new CommandError(
        exitCodes.io,
        `${folder} has no ${folderFiles.proof}: it is no folder of signed batches.`,
      );
    const entries = await readFolderProof(folder);
    requireAllListed(folder, entries);
    const batchTs = chosenBatch(question.batch, entries);
    const signature = await readInput(join(folder, folderFiles.signature(batchTs)), SIGNATURE_FILE_BYTES_MAX);
    const previous = previousNote(entries, batchTs);
    const progress = new Progress(
      'verifying',
      entries.find(({ batch_ts }) => batch_ts === batchTs)?.leaf_count,
    );
    const result = await verifyBatch(
      {
        batch: piecesOf(join(folder, folderFiles.batch(batchTs))),
        signature,
        proof: proofText(entries),
        batchTs,
        previousSignature:
          previous === undefined
            ? null
            : await readInput(join(folder, folderFiles.signature(previous)), SIGNATURE_FILE_BYTES_MAX),
        ...(earlierProof === undefined
          ? {}
          : { earlierProof: await readInput(earlierProof, PROOF_FILE_BYTES_MAX) }),
      },
      keys,
      nowMs,
      (events) => progress.update(events, events),
    ).finally(() => progress.end());
    if (!result.ok) return result;
    const behind = batchTs === entries.at(-1)?.batch_ts && (await areCopiesBehind(folder, entries));
    return { ...result, unfinished: behind || isWriteUnfinished(folder) };
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    return { ok: false, reason: error.reason, message: error.message };
  }
}

function chosenBatch(batch: string | undefined, entries: readonly ProofEntry[]): string {
  if (batch === undefined) {
    const newest = entries.at(-1);
    if (newest === undefined) throw new BatchError('not-in-proof', 'It is empty.');
    return newest.batch_ts;
  }
  const batchTs = formatOfBatchTime(batch) === undefined ? batchTimeOfStamp(batch) : batch;
  if (batchTs !== undefined) return batchTs;
  throw new CommandError(
    exitCodes.usage,
    `--batch: expected 2026-01-31T12:00:00Z or 20260131T120000Z, not ${batch}.`,
  );
}

/** The batch of version 2 before one. */
function previousNote(entries: readonly ProofEntry[], batchTs: string): string | undefined {
  const index = entries.findIndex(({ batch_ts }) => batch_ts === batchTs);
  return entries
    .slice(0, Math.max(0, index))
    .findLast(({ batch_ts }) => formatOfBatchTime(batch_ts) === 'event-batch-v2')?.batch_ts;
}

/**
 * Compares the copies of the newest batch. One that has not been replaced yet is that of the batch before, and the file
 * that is to replace it is there.
 *
 * @throws BatchError `copies-differ`
 */
async function areCopiesBehind(folder: string, entries: readonly ProofEntry[]): Promise<boolean> {
  const [before, newest] = [entries.at(-2)?.batch_ts, entries.at(-1)?.batch_ts as string];
  let behind = false;
  for (const [copy, nameOf] of [
    [folderFiles.latestBatch, folderFiles.batch],
    [folderFiles.latestSignature, folderFiles.signature],
  ] as const) {
    const file = join(folder, copy);
    if (await areEqual(file, join(folder, nameOf(newest)))) continue;
    const waits = existsSync(join(folder, folderFiles.temporary(copy)));
    const old = before === undefined ? !existsSync(file) : await areEqual(file, join(folder, nameOf(before)));
    if (!waits || !old) throw new BatchError('copies-differ', copy);
    behind = true;
  }
  return behind;
}

async function areEqual(left: string, right: string): Promise<boolean> {
  const size = sizeOf(left);
  if (size === undefined || size !== sizeOf(right)) return false;
  const others = piecesOf(right);
  for await (const piece of piecesOf(left)) {
    const other = (await others.next()).value as Uint8Array | undefined;
    if (other === undefined || Buffer.compare(piece, other) !== 0) return false;
  }
  return true;
}

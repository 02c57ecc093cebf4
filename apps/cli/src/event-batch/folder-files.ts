import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  BatchError,
  batchStamp,
  batchTimeOfStamp,
  checkProof,
  PROOF_FILE_BYTES_MAX,
  type ProofEntry,
  readProof,
} from '@touchstone/event-batch';
import { readInput } from '../terminal/files.js';

/** Names of the files of an evidence folder (protocol section 5). */
export const folderFiles = {
  proof: 'proof_append_only.json',
  latestBatch: 'batch_latest.json',
  latestSignature: 'signature.json',
  keystore: 'keystore.json',
  batch: (batchTs: string): string => `batch_${batchStamp(batchTs)}.json`,
  signature: (batchTs: string): string => `signature_${batchStamp(batchTs)}.json`,
  /** Where a file is written before it takes its name. */
  temporary: (name: string): string => `.${name}.tmp`,
} as const;

const OF_A_BATCH = /^(?:batch|signature)_([0-9TZ]+)\.json$/;

/** The batches that a folder lists, oldest first; none where it has no proof yet. @throws BatchError */
export async function readFolderProof(folder: string): Promise<readonly ProofEntry[]> {
  const file = join(folder, folderFiles.proof);
  if (!existsSync(file)) return [];
  const entries = readProof(await readInput(file, PROOF_FILE_BYTES_MAX));
  checkProof(entries);
  return entries;
}

/** Files of batches that the proof does not list: leftovers of a writer that was killed, or all that a lost proof leaves. */
export function unlistedFiles(folder: string, entries: readonly ProofEntry[]): string[] {
  const listed = new Set(entries.map(({ batch_ts }) => batch_ts));
  return readdirSync(folder).filter((name) => {
    const batchTs = batchTimeOfStamp(OF_A_BATCH.exec(name)?.[1] ?? '');
    return batchTs !== undefined && !listed.has(batchTs);
  });
}

/** True from before a batch gets its files until its entry stands in the proof, for a writer that was killed too. */
export function isWriteUnfinished(folder: string): boolean {
  return existsSync(join(folder, folderFiles.temporary(folderFiles.proof)));
}

/**
 * Makes sure that the proof lists every batch of the folder: one that was put back to an older state does not.
 *
 * @returns what a killed writer left, which is no batch yet
 * @throws BatchError `proof-regressed`
 */
export function requireAllListed(folder: string, entries: readonly ProofEntry[]): string[] {
  const unlisted = unlistedFiles(folder, entries);
  if (unlisted.length > 0 && !isWriteUnfinished(folder))
    throw new BatchError('proof-regressed', `It does not list ${unlisted[0]}.`);
  return unlisted;
}

import {
  closeSync,
  copyFileSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  appendToProof,
  type ProofEntry,
  proofText,
  type SignatureDocument,
  signatureText,
} from '@touchstone/event-batch';
import { folderFiles, requireAllListed } from './folder-files.js';

/** Bytes that are collected before they are written: an event is a fraction of a page. */
const WRITE_BYTES = 1_048_576;

const { temporary, proof, latestBatch, latestSignature } = folderFiles;

/**
 * Adds a batch to an evidence folder. Everything is written under temporary names and synced first. The batch and its
 * signature get their names, then the proof is replaced, and with that one rename the folder has the new batch; the two
 * copies of the newest follow. Killed at any point, it leaves the old batches or the old and the new one.
 *
 * @param batch the batch file in pieces
 * @returns the names of the files that were written
 */
export function writeBatch(
  folder: string,
  entries: readonly ProofEntry[],
  document: SignatureDocument,
  batch: Iterable<Uint8Array>,
): string[] {
  const longer = appendToProof(entries, document);
  const batchFile = folderFiles.batch(document.batch_ts);
  const signatureFile = folderFiles.signature(document.batch_ts);
  const signature = [Buffer.from(signatureText(document))];
  writeSynced(folder, temporary(batchFile), batch);
  writeSynced(folder, temporary(signatureFile), signature);
  copySynced(folder, temporary(batchFile), temporary(latestBatch));
  writeSynced(folder, temporary(latestSignature), signature);
  writeSynced(folder, temporary(proof), [Buffer.from(proofText(longer))]);
  // From here on a temporary proof says that what has a name may not be listed yet.
  syncFolder(folder);
  const names = [batchFile, signatureFile, proof, latestBatch, latestSignature];
  for (const name of [batchFile, signatureFile]) finish(folder, name);
  syncFolder(folder);
  finish(folder, proof);
  syncFolder(folder);
  for (const name of [latestBatch, latestSignature]) finish(folder, name);
  syncFolder(folder);
  return names;
}

/**
 * Takes away what a killed writer left. A batch that is not in the proof was never reported as signed.
 *
 * @throws BatchError `proof-regressed` when what is not listed cannot be such a leftover
 */
export function removeLeftovers(folder: string, entries: readonly ProofEntry[]): void {
  const unlisted = requireAllListed(folder, entries);
  for (const name of unlisted) rmSync(join(folder, name));
  if (unlisted.length > 0) syncFolder(folder);
  const left = readdirSync(folder).filter((name) => /^\.(?:events\.\d+|.*\.json)\.tmp$/.test(name));
  // The temporary proof goes last: it is what says that the others are leftovers.
  for (const name of left) if (name !== temporary(proof)) rmSync(join(folder, name));
  rmSync(join(folder, temporary(proof)), { force: true });
}

/** Writes a file of a folder as a whole or not at all, and makes it last. */
export function replaceFile(folder: string, name: string, text: string, mode?: number): void {
  writeSynced(folder, temporary(name), [Buffer.from(text)], mode);
  finish(folder, name);
  syncFolder(folder);
}

function finish(folder: string, name: string): void {
  renameSync(join(folder, temporary(name)), join(folder, name));
}

function writeSynced(folder: string, name: string, pieces: Iterable<Uint8Array>, mode = 0o644): void {
  const file = openSync(join(folder, name), 'w', mode);
  try {
    let used = 0;
    const buffer = new Uint8Array(WRITE_BYTES);
    for (const piece of pieces) {
      if (used + piece.length > WRITE_BYTES) {
        writeAll(file, buffer.subarray(0, used));
        used = 0;
      }
      if (piece.length > WRITE_BYTES) {
        writeAll(file, piece);
        continue;
      }
      buffer.set(piece, used);
      used += piece.length;
    }
    writeAll(file, buffer.subarray(0, used));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

function copySynced(folder: string, from: string, to: string): void {
  copyFileSync(join(folder, from), join(folder, to));
  const file = openSync(join(folder, to), 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A rename lasts when the folder that holds the name is synced. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

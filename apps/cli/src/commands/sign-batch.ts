import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseUtcTime } from '@touchstone/crypto';
import {
  BatchError,
  batchFile,
  type EventBatchFormat,
  formatBatchTime,
  formatOfBatchTime,
  noteHash,
  type ProofEntry,
  readSignatureDocument,
  SIGNATURE_FILE_BYTES_MAX,
  type SignatureDocument,
  signBatch,
} from '@touchstone/event-batch';
import { v7 } from 'uuid';
import { answer, answerRefusal, guessableLines, signedFacts } from '../event-batch/answer.js';
import { collectEvents } from '../event-batch/collect.js';
import { FileEventTexts } from '../event-batch/file-event-texts.js';
import { folderFiles, readFolderProof } from '../event-batch/folder-files.js';
import { withFolderLock } from '../event-batch/folder-lock.js';
import { loadKeystore } from '../event-batch/keystore-file.js';
import { findSigner } from '../event-batch/signing-key.js';
import { removeLeftovers, writeBatch } from '../event-batch/write-batch.js';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';

/** Version 1 counts seconds: a second batch within one waits for the next. */
const NEXT_TIME_WAIT_MS = 1_000;
const NEXT_TIME_LOOK_MS = 10;
const SCHEMA = 'touchstone.batch-signing.v1';

export interface SignBatchOptions {
  readonly events: string;
  readonly out: string;
  readonly format: EventBatchFormat;
  readonly keystore?: string;
  readonly at?: string;
  readonly kid?: string;
  readonly json: boolean;
}

/** `touchstone sign-batch`: one batch more in an evidence folder, or none; the exit code says which. */
export async function signBatchCommand(options: SignBatchOptions): Promise<ExitCode> {
  const declaredMs = options.at === undefined ? undefined : declaredTime(options.at);
  mkdirSync(options.out, { recursive: true });
  try {
    return await withFolderLock(options.out, () => signInto(options, declaredMs));
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    return answerRefusal(options.json, SCHEMA, error);
  }
}

async function signInto(options: SignBatchOptions, declaredMs: number | undefined): Promise<ExitCode> {
  const { out, format } = options;
  const entries = await readFolderProof(out);
  removeLeftovers(out, entries);
  await requireNoLaterCopy(out, entries);
  // The key is looked for first: whoever forgot the seed need not wait for a million events.
  const signerAt = async (atMs: number) => {
    const nowMs = Date.now();
    const keystore = await loadKeystore(options.keystore ?? join(out, folderFiles.keystore), nowMs);
    return findSigner(keystore, { kid: options.kid, atMs, nowMs }, process.env);
  };
  await signerAt(declaredMs ?? Date.now());
  const texts = new FileEventTexts(out);
  try {
    const events = (await collectEvents(options.events, format, texts)).seal();
    const atMs = declaredMs ?? (await nextTime(format, entries.at(-1)?.batch_ts));
    const previous = await previousNote(out, entries);
    const document = await signBatch(events, {
      signer: await signerAt(atMs),
      atMs,
      batchId: v7(),
      ...(format === 'event-batch-v2' && previous !== undefined ? { previous } : {}),
    });
    const files = writeBatch(out, entries, document, batchFile(events, document));
    report(
      options,
      document,
      files.map((name) => join(out, name)),
      events.guessable,
    );
  } finally {
    texts.close();
  }
  return exitCodes.ok;
}

function report(
  { json }: SignBatchOptions,
  document: SignatureDocument,
  files: readonly string[],
  guessable: number,
): void {
  const { leaf_count, merkle_root, batch_ts, kid, format } = document;
  answer(
    json,
    { schema: SCHEMA, result: 'SIGNED', ...signedFacts(document), files, guessable, exitCode: exitCodes.ok },
    [
      `Signed ${leaf_count} events as ${format} of ${batch_ts} with ${kid}.`,
      `merkle_root ${merkle_root}`,
      ...files,
      ...guessableLines(guessable),
    ],
  );
}

function declaredTime(text: string): number {
  const atMs = parseUtcTime(text);
  if (atMs !== undefined) return atMs;
  throw new CommandError(exitCodes.usage, `--at: expected a time as 2026-01-31T12:00:00Z, not ${text}.`);
}

/** The present, or the first time after the newest batch where that lies less than a second ahead. */
async function nextTime(format: EventBatchFormat, newest: string | undefined): Promise<number> {
  const newestMs = newest === undefined ? Number.NEGATIVE_INFINITY : Date.parse(newest);
  const deadline = Date.now() + NEXT_TIME_WAIT_MS;
  const cut = (atMs: number): number => Date.parse(formatBatchTime(format, atMs));
  while (cut(Date.now()) <= newestMs && Date.now() <= deadline) await pause(NEXT_TIME_LOOK_MS);
  return Date.now();
}

/** Hash of the newest note of the folder; batches of version 1 have none. */
async function previousNote(folder: string, entries: readonly ProofEntry[]): Promise<string | undefined> {
  const newest = entries.findLast(({ batch_ts }) => formatOfBatchTime(batch_ts) === 'event-batch-v2');
  if (newest === undefined) return undefined;
  const file = join(folder, folderFiles.signature(newest.batch_ts));
  return noteHash(readSignatureDocument(await readInput(file, SIGNATURE_FILE_BYTES_MAX)).signature);
}

/** A proof that is older than the newest signature was put back, or the other half of the folder was. */
async function requireNoLaterCopy(folder: string, entries: readonly ProofEntry[]): Promise<void> {
  const file = join(folder, folderFiles.latestSignature);
  const text = await readInput(file, SIGNATURE_FILE_BYTES_MAX).catch(() => undefined);
  if (text === undefined) return;
  const { batch_ts } = readSignatureDocument(text);
  if (!entries.some((entry) => entry.batch_ts === batch_ts))
    throw new BatchError(
      'proof-regressed',
      `It does not list ${batch_ts}, which ${folderFiles.latestSignature} has.`,
    );
}

import { compareUtf8 } from '@touchstone/canonical-json';
import { bytesToHex } from '@touchstone/crypto';
import { checkExtends, checkProof, requireListed } from './append-only.js';
import { BatchError, type BatchReason } from './batch-error.js';
import { NO_TENANT, noteHash, type BatchNote } from './batch-note.js';
import { batchTimeMs, type BatchKeys, requireKey, verifyBatchSignature } from './batch-signature.js';
import {
  type BatchHead,
  readBatchHead,
  readProof,
  readSignatureDocument,
  type SignatureDocument,
} from './documents.js';
import { numbered } from './event-collector.js';
import { EventFileReader } from './event-file-reader.js';
import { type EventBatchFormat, formatRules } from './format.js';
import { readEvent } from './read-event.js';

/** The files of one batch; nothing in them is believed. */
export interface BatchFiles {
  /** `batch_<ts>.json` in pieces of any size. */
  readonly batch: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** `signature_<ts>.json`. */
  readonly signature: string | Uint8Array;
  /** `proof_append_only.json`; without it nothing is said of the order of batches. */
  readonly proof?: string | Uint8Array;
  /** A copy of the proof that was kept earlier, which it must still begin with. */
  readonly earlierProof?: string | Uint8Array;
  /** The time that the name of the file gives. */
  readonly batchTs?: string;
  /** Version 2: `signature_<ts>.json` of the batch of version 2 before it; null where it is the first. */
  readonly previousSignature?: string | Uint8Array | null;
  /** Version 2: whose batch it must be; `-`, that of a folder, when left out. */
  readonly tenant?: string;
}

/** What a verifier finds. */
export type BatchVerification =
  | { readonly ok: true; readonly signature: SignatureDocument; readonly guessable: number }
  | { readonly ok: false; readonly reason: BatchReason; readonly message: string };

/**
 * Verifies a signed batch from its files alone: the events are read strictly, brought to their canonical form and hashed
 * again, order and uniqueness of ids, root, message, signature, key and its times (R-BATCH-4), and the append-only proof.
 * Needs memory for one event, whatever their number. Never throws on what files hold; errors of their source pass.
 *
 * @param keys of the keystore, as `parseKeystore` reads them for `nowMs`
 * @param nowMs the verifier's clock, milliseconds since the epoch
 * @param progress is told the number of events after each piece of the batch
 */
export async function verifyBatch(
  files: BatchFiles,
  keys: BatchKeys,
  nowMs: number,
  progress?: (events: number) => void,
): Promise<BatchVerification> {
  try {
    return { ok: true, ...(await verified(files, keys, nowMs, progress)) };
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    return { ok: false, reason: error.reason, message: error.message };
  }
}

async function verified(
  files: BatchFiles,
  keys: BatchKeys,
  nowMs: number,
  progress: ((events: number) => void) | undefined,
): Promise<{ signature: SignatureDocument; guessable: number }> {
  const signature = readSignatureDocument(files.signature);
  const atMs = batchTimeMs(signature);
  if (files.batchTs !== undefined && files.batchTs !== signature.batch_ts) throw new BatchError('re-dated');
  const events = new EventVerifier(signature.format, signature.leaf_count);
  for await (const piece of files.batch) {
    events.push(piece);
    progress?.(events.count);
  }
  const head = events.end();
  requireSame(head, signature);
  // Of everything that may be wrong at once, what the events themselves show comes first.
  if (events.root() !== signature.merkle_root) throw new BatchError('root-mismatch');
  const note = verifyBatchSignature(signature, requireKey(keys, signature.kid, atMs, nowMs));
  if (note) checkStream(note, files);
  checkProofs(signature, files);
  return { signature, guessable: events.guessable };
}

function requireSame(head: BatchHead, signature: SignatureDocument): void {
  if (head.batch_ts !== signature.batch_ts) throw new BatchError('re-dated');
  if (
    head.format !== signature.format ||
    head.kid !== signature.kid ||
    head.merkle_root !== signature.merkle_root ||
    head.leaf_count !== signature.leaf_count
  )
    throw new BatchError('not-of-this-batch');
}

function checkStream(note: BatchNote, { previousSignature, tenant = NO_TENANT }: BatchFiles): void {
  if (note.tenant !== tenant) throw new BatchError('not-of-this-batch', 'It is of another tenant.');
  if (previousSignature === undefined) return;
  const expected =
    previousSignature === null ? null : noteHash(readSignatureDocument(previousSignature).signature);
  if (note.previous !== expected) throw new BatchError('previous-mismatch');
}

function checkProofs(signature: SignatureDocument, files: BatchFiles): void {
  if (files.proof === undefined) return;
  const entries = readProof(files.proof);
  checkProof(entries);
  if (files.earlierProof !== undefined) checkExtends(readProof(files.earlierProof), entries);
  requireListed(entries, signature);
}

/** Reads the events of a batch file one by one and keeps no more than the one before. */
class EventVerifier {
  private readonly reader: EventFileReader;
  private readonly accumulator: ReturnType<(typeof formatRules)[EventBatchFormat]['root']>;
  private readonly leaf: (canonical: string) => Uint8Array;
  private lastId = '';
  private lastCanonical = '';
  guessable = 0;

  constructor(
    format: EventBatchFormat,
    private readonly leafCount: number,
  ) {
    const rules = formatRules[format];
    this.accumulator = rules.root();
    this.leaf = rules.leaf;
    this.reader = new EventFileReader('batch', (text) => this.take(text));
  }

  get count(): number {
    return this.accumulator.size;
  }

  push(piece: Uint8Array): void {
    this.reader.push(piece);
  }

  /** Head of the batch, after its last piece. */
  end(): BatchHead {
    const head = readBatchHead(this.reader.end());
    if (this.count === 0) throw new BatchError('no-events');
    if (this.count < this.leafCount)
      throw new BatchError('cut-off', `${this.count} of ${this.leafCount} events are there.`);
    return head;
  }

  root(): string {
    return bytesToHex(this.accumulator.root());
  }

  private take(text: string): void {
    const { count } = this;
    numbered(count, () => {
      const { id, canonical, guessable } = readEvent(text);
      this.requireAfterLast(id, canonical);
      // Looked at after the repetition, which is the more telling reason of the two.
      if (count >= this.leafCount) throw new BatchError('too-many-events');
      this.accumulator.push(this.leaf(canonical));
      if (guessable) this.guessable += 1;
    });
  }

  private requireAfterLast(id: string, canonical: string): void {
    const order = this.count === 0 ? 1 : compareUtf8(id, this.lastId);
    if (order === 0)
      throw new BatchError(canonical === this.lastCanonical ? 'duplicate-leaf' : 'duplicate-id');
    if (order < 0) throw new BatchError('out-of-order');
    this.lastId = id;
    this.lastCanonical = canonical;
  }
}

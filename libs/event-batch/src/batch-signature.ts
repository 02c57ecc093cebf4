import {
  bytesToHex,
  checkEvidenceTime,
  ed25519Verify,
  findKey,
  hexToBytes,
  sha256,
  sha256TextHex,
  type EvidenceTimeCheck,
  type Key,
  type RefusedKey,
} from '@touchstone/crypto';
import {
  ed25519NoteSigner,
  ed25519NoteVerifier,
  isKeyName,
  noteKey,
  signNote,
  verifyNote,
} from '@touchstone/merkle';
import { BatchError, type BatchReason } from './batch-error.js';
import { formatNoteBody, readBatchNote, type BatchNote } from './batch-note.js';
import type { SignatureDocument } from './documents.js';
import { readBatchTime } from './format.js';

/** The keys of a keystore, as `parseKeystore` gives them. */
export interface BatchKeys {
  readonly keys: readonly Key[];
  readonly refused: readonly RefusedKey[];
}

/** What a signature is verified by. */
export type VerifyingKey = Pick<Key, 'publicKey' | 'name'>;

/** What a signature is about, with the signature. */
export type SignedBatch = Pick<
  SignatureDocument,
  'format' | 'batch_ts' | 'merkle_root' | 'leaf_count' | 'signature'
>;

const SIGNATURE_BYTES = 64;
const encoder = new TextEncoder();

/** The reasons for what the evidence rule says of the times of a key. */
export const keyTimeReasons = {
  'declared-before-not-before': 'key-not-yet-valid',
  'declared-after-not-after': 'key-expired',
  'declared-in-the-future': 'declared-in-the-future',
  'trusted-time-after-retirement': 'key-retired',
  'trusted-time-after-compromise': 'key-revoked',
} as const satisfies Readonly<Record<Exclude<EvidenceTimeCheck, 'ok'>, BatchReason>>;

/** The message of version 1: `merkle_root|batch_ts` in UTF-8 (R-BATCH-2). */
export function batchMessage(merkleRoot: string, batchTs: string): Uint8Array {
  return encoder.encode(`${merkleRoot}|${batchTs}`);
}

/**
 * The key of a batch, if it may have signed at `batch_ts` and still counts now (R-BATCH-4): registered for batches,
 * `not_before ≤ batch_ts ≤ not_after`, `batch_ts ≤ now + 300 s`, `now ≤ not_after + 7 days`, not revoked. A folder has no
 * independent witness of its time, hence now is the time that is trusted.
 *
 * @throws BatchError with the condition that fails
 */
export function requireKey({ keys, refused }: BatchKeys, kid: string, batchTsMs: number, nowMs: number): Key {
  const contradiction = refused.find((key) => key.kid === kid);
  if (contradiction)
    throw new BatchError(
      'key-status',
      `It states ${contradiction.stated}, its times say ${contradiction.computed}.`,
    );
  const found = findKey(keys, kid, 'event-batch');
  if ('reason' in found) throw new BatchError(found.reason);
  const check = checkEvidenceTime({
    key: found.key,
    declaredTime: batchTsMs,
    trustedTime: nowMs,
    now: nowMs,
  });
  if (check !== 'ok') throw new BatchError(keyTimeReasons[check]);
  return found.key;
}

/** @throws BatchError `batch-time` */
export function batchTimeMs({ format, batch_ts }: Pick<SignatureDocument, 'format' | 'batch_ts'>): number {
  const atMs = readBatchTime(format, batch_ts);
  if (atMs === undefined) throw new BatchError('batch-time');
  return atMs;
}

/**
 * Verifies the signature of a batch over the message that its members give.
 *
 * @returns the note of version 2, for who knows the stream
 * @throws BatchError `bad-signature`, `note-shape`, `not-of-this-batch`, `re-dated` or `key-without-name`
 */
export function verifyBatchSignature(document: SignedBatch, key: VerifyingKey): BatchNote | undefined {
  if (document.format === 'event-batch-v2') return verifySignedNote(document, key);
  const signature = hexToBytes(document.signature, SIGNATURE_BYTES);
  const message = batchMessage(document.merkle_root, document.batch_ts);
  if (signature === undefined || ed25519Verify(message, signature, key.publicKey) !== 'ok')
    throw new BatchError('bad-signature');
  return undefined;
}

/**
 * What the log entry of a batch holds as `signature` (protocol section 6), lower-case hex: SHA-256 of the message and the
 * 64 bytes of version 1, of the text of the signed note of version 2.
 *
 * @throws BatchError `bad-signature` where that of version 1 is not 128 lower-case hex characters
 */
export function batchSignatureHash(document: Omit<SignedBatch, 'leaf_count'>): string {
  if (document.format === 'event-batch-v2') return sha256TextHex(document.signature);
  const signature = hexToBytes(document.signature, SIGNATURE_BYTES);
  if (signature === undefined) throw new BatchError('bad-signature');
  const message = batchMessage(document.merkle_root, document.batch_ts);
  const bytes = new Uint8Array(message.length + SIGNATURE_BYTES);
  bytes.set(message);
  bytes.set(signature, message.length);
  return bytesToHex(sha256(bytes));
}

function verifySignedNote(document: SignedBatch, key: VerifyingKey): BatchNote {
  const note = readBatchNote(document.signature);
  if (note.batchTs !== document.batch_ts) throw new BatchError('re-dated');
  if (note.root !== document.merkle_root || note.leafCount !== document.leaf_count)
    throw new BatchError('not-of-this-batch');
  const verifier = ed25519NoteVerifier(noteKeyOf(key), (...signed) => ed25519Verify(...signed) === 'ok');
  if (!verifyNote(document.signature, [verifier]).ok) throw new BatchError('bad-signature');
  return note;
}

/** A key with its private half, wherever that lies. */
export interface BatchSigner {
  readonly key: Key;
  /** Ed25519 (RFC 8032), 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/** Signs the message of version 1; 128 hex characters. */
export async function signMessage(message: Uint8Array, signer: BatchSigner): Promise<string> {
  return bytesToHex(await signer.sign(message));
}

/** Signs the note of version 2; its text. @throws BatchError `key-without-name` */
export async function signBatchNote(note: BatchNote, signer: BatchSigner): Promise<string> {
  return signNote(formatNoteBody(note), [
    ed25519NoteSigner(noteKeyOf(signer.key), (message) => signer.sign(message)),
  ]);
}

function noteKeyOf(key: VerifyingKey): ReturnType<typeof noteKey> {
  if (key.name === undefined || !isKeyName(key.name)) throw new BatchError('key-without-name');
  return noteKey(key.name, 'ed25519', key.publicKey);
}

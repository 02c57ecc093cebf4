import { parseStrictJson, type JsonValue } from '@touchstone/canonical-json';
import { type ErrorDetail, findingsOf, hex32, keyId } from '@touchstone/contracts';
import { z } from 'zod';
import { BatchError } from './batch-error.js';
import { type EventBatchFormat, eventBatchFormats, isEventBatchFormat } from './format.js';
import {
  BATCH_EVENTS_MAX,
  BATCH_HEAD_CHARACTERS_MAX,
  PROOF_ENTRIES_MAX,
  PROOF_FILE_BYTES_MAX,
  SIGNATURE_FILE_BYTES_MAX,
} from './limits.js';

const batchTs = z.string().max(32);
const leafCount = z.number().int().min(1).max(BATCH_EVENTS_MAX);
const format = z.enum(eventBatchFormats);

/** `batch_<ts>.json` without its events. */
const batchHead = z.strictObject({
  format,
  batch_ts: batchTs,
  kid: keyId,
  leaf_count: leafCount,
  merkle_root: hex32,
});
export type BatchHead = z.infer<typeof batchHead>;

/** `signature.json`, and `signature_<ts>.json` of each batch. */
const signatureDocument = z.strictObject({
  format,
  alg: z.literal('Ed25519'),
  kid: keyId,
  batch_ts: batchTs,
  merkle_root: hex32,
  leaf_count: leafCount,
  /** Version 1: 128 hex characters. Version 2: the text of the signed note. */
  signature: z.string().min(1).max(SIGNATURE_FILE_BYTES_MAX),
});
export type SignatureDocument = z.infer<typeof signatureDocument>;

/** One batch in `proof_append_only.json`. */
const proofEntry = z.strictObject({
  batch_ts: batchTs,
  merkle_root: hex32,
  leaf_count: leafCount,
  /** `merkle_root` of the entry before; null of the first. */
  prev_root: hex32.nullable(),
});
export type ProofEntry = z.infer<typeof proofEntry>;

const proof = z.array(proofEntry).max(PROOF_ENTRIES_MAX);

/** @throws BatchError `unknown-format`, `document-shape`, `not-json` or `too-large` */
export function readBatchHead(text: string): BatchHead {
  const value = parsed(text, BATCH_HEAD_CHARACTERS_MAX * 3);
  requireFormat(value);
  return fitted(batchHead, value);
}

/** @throws BatchError `algorithm`, `unknown-format`, `document-shape`, `not-json` or `too-large` */
export function readSignatureDocument(text: string | Uint8Array): SignatureDocument {
  const value = parsed(text, SIGNATURE_FILE_BYTES_MAX);
  requireFormat(value);
  const alg = memberOf(value, 'alg');
  if (typeof alg === 'string' && alg !== 'Ed25519') throw new BatchError('algorithm');
  return fitted(signatureDocument, value);
}

/**
 * Reads `proof_append_only.json`; `checkProof` judges it.
 *
 * @throws BatchError `document-shape`, `not-json`, `cut-off` or `too-large`
 */
export function readProof(text: string | Uint8Array): readonly ProofEntry[] {
  return fitted(proof, parsed(text, PROOF_FILE_BYTES_MAX));
}

/** A signature document, as its file has it. */
export function signatureText(document: SignatureDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** An append-only proof, as its file has it: one entry a line. */
export function proofText(entries: readonly ProofEntry[]): string {
  return `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`;
}

function parsed(text: string | Uint8Array, maxBytes: number): JsonValue {
  const read = parseStrictJson(text, { maxBytes });
  if (read.ok) return read.value;
  const { reason, message } = read.error;
  if (reason === 'too-large') throw new BatchError('too-large', message);
  throw new BatchError(/the end of the text/.test(message) ? 'cut-off' : 'not-json', message);
}

function requireFormat(value: JsonValue): asserts value is JsonValue & { format: EventBatchFormat } {
  const named = memberOf(value, 'format');
  if (typeof named === 'string' && !isEventBatchFormat(named)) throw new BatchError('unknown-format');
}

function memberOf(value: JsonValue, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function fitted<Schema extends z.ZodType>(schema: Schema, value: JsonValue): z.infer<Schema> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [{ pointer, detail }] = findingsOf(read.error) as [ErrorDetail];
  throw new BatchError('document-shape', `${pointer}: ${detail}`);
}

import { z } from 'zod';
import { BATCH_LEAVES_MAX } from './anchor.js';
import { jsonValue } from '../schemas/json-value.js';
import { hex32, keyId, timestampMs, uuidV7 } from '../schemas/primitives.js';

/** Formats of signed event batches, oldest first; protocol section 5 says what each signs. */
export const eventBatchFormats = ['event-batch-v1', 'event-batch-v2'] as const;
export type EventBatchFormat = (typeof eventBatchFormats)[number];

/** Whose events a batch holds; an opaque UUID of any version in lower case. */
export const tenantId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'expected a lower-case UUID');

/** The time of a batch: RFC 3339 in UTC, in whole seconds of version 1 and in milliseconds of version 2. */
const batchTs = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z$/, 'expected RFC 3339 UTC');

/** Most characters of a batch's signature: 128 hex digits, or a signed note. */
export const BATCH_SIGNATURE_CHARACTERS_MAX = 4_096;

/** A signed batch of a tenant, without its leaves. */
const head = {
  batchId: uuidV7,
  evidenceId: uuidV7.describe(
    'Reads the evidence of the events, as a verification id does of an output. It stands in no log: whoever has it reads them all.',
  ),
  tenant: tenantId,
  format: z.enum(eventBatchFormats),
  batchTs,
  kid: keyId,
  leafCount: z.int().min(1).max(BATCH_LEAVES_MAX),
  root: hex32,
  signature: z
    .string()
    .min(1)
    .max(BATCH_SIGNATURE_CHARACTERS_MAX)
    .describe('Version 1: 128 hex digits. Version 2: the text of the signed note.'),
};
export const signedBatch = z.strictObject(head);
export type SignedBatch = z.infer<typeof signedBatch>;

/**
 * `evt.v1.signing.batch.signed`: a batch of events was signed; it becomes a log entry. Leaves stand in the order of the tree, events in that of
 * their leaves; `null` where the caller kept them to itself.
 */
export const batchSigned = z.strictObject({
  ...head,
  leaves: z.array(hex32).min(1).max(BATCH_LEAVES_MAX),
  events: z.array(jsonValue).min(1).max(BATCH_LEAVES_MAX).nullable(),
  signedAt: timestampMs,
});
export type BatchSigned = z.infer<typeof batchSigned>;

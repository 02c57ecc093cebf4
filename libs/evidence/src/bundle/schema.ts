import { z } from 'zod';
import type { JsonObject } from '@touchstone/canonical-json';
import {
  anchorWith,
  canonicalTensor,
  decimal,
  hex32,
  keyId,
  modelCommitment,
  outputContext,
  outputProof,
  requestParts,
  PATH_HASHES_MAX,
} from '@touchstone/contracts';
import { zkProof } from '@touchstone/contracts/circuit';
import { NOTE_BYTES_MAX } from '@touchstone/merkle';
import { LOG_ENTRY_BYTES_MAX } from '../log/batch-entry.js';

/** Media type of an evidence bundle. */
export const EVIDENCE_MEDIA_TYPE = 'application/vnd.touchstone.evidence+json;version=1';
/** Most bytes of a bundle's text. */
export const EVIDENCE_BYTES_MAX = 4_194_304;
/** Most log proofs, and most anchors, in one bundle. */
export const LOG_PROOFS_MAX = 16;
export const ANCHORS_MAX = 16;

const positionedPath = z.array(z.strictObject({ hash: hex32, pos: z.enum(['L', 'R']) })).max(PATH_HASHES_MAX);

/** The proof that the leaf stands in its batch; indexes are JSON integers. */
export const inclusionProof = z.strictObject({
  leafIndex: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  treeSize: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  path: positionedPath,
  rootHex: hex32,
});
export type InclusionProof = z.infer<typeof inclusionProof>;

/** The proof that the batch stands in the log of a checkpoint; indexes are decimal strings. */
export const logProof = z.strictObject({
  checkpoint: z.string().min(1).max(NOTE_BYTES_MAX),
  leafIndex: decimal,
  treeSize: decimal,
  path: z.array(hex32).max(PATH_HASHES_MAX),
});
export type LogProof = z.infer<typeof logProof>;

/**
 * One anchor. `level` is what the collector saw; only finalized anchors enter a bundle, so that no value in it is
 * free to change. `commitment` is the hash of the signed checkpoint of `logProofs[logProof]`.
 */
export const anchor = anchorWith({
  logProof: z
    .number()
    .int()
    .min(0)
    .max(LOG_PROOFS_MAX - 1),
  commitment: hex32,
  level: z.literal('finalized'),
});
export type Anchor = z.infer<typeof anchor>;

/** What bundles of every kind end in. */
const proofs = {
  inclusion: inclusionProof,
  entry: z.string().min(2).max(LOG_ENTRY_BYTES_MAX),
  logProofs: z.array(logProof).min(1).max(LOG_PROOFS_MAX),
  anchors: z.array(anchor).max(ANCHORS_MAX),
};

/** The bundle of one signed output. */
export const outputBundle = z.compile(
  z.strictObject({
    version: z.literal(1),
    subject: z.strictObject({
      kind: z.literal('output'),
      proof: outputProof,
      context: outputContext,
      inputs: z.array(canonicalTensor).max(256).optional(),
      outputs: z.array(canonicalTensor).max(256).optional(),
    }),
    commitment: modelCommitment,
    ...proofs,
    zk: zkProof.optional(),
    payment: z.strictObject({ requestParts, receipt: z.null() }).optional(),
  }),
);
export type OutputBundle = z.infer<typeof outputBundle>;

/** A time that exists, in the one spelling that a format has; the count of years begins with 1, as in every calendar. */
const batchTime = (precision: 0 | 3) =>
  z.iso.datetime({ precision, error: 'batch-time: expected a time of the format' }).regex(/^(?!0000)/);

/** The signature of the batch that an event stands in: what `signature.json` of its evidence folder says. */
export const eventBatchProof = z.discriminatedUnion('format', [
  z.strictObject({
    format: z.literal('event-batch-v1'),
    batchTs: batchTime(0),
    kid: keyId,
    signature: z.string().regex(/^[0-9a-f]{128}$/, 'expected 128 lower-case hex characters'),
  }),
  z.strictObject({
    format: z.literal('event-batch-v2'),
    batchTs: batchTime(3),
    kid: keyId,
    /** The text of the signed note. */
    note: z.string().min(1).max(NOTE_BYTES_MAX),
  }),
]);
export type EventBatchProof = z.infer<typeof eventBatchProof>;

/** The bundle of one event of a signed batch. The event is its submitter's; what it may be, the step `inclusion` says. */
export const eventBundle = z.compile(
  z.strictObject({
    version: z.literal(1),
    subject: z.strictObject({
      kind: z.literal('event'),
      // No object schema: the copies that those make lack a member named `__proto__`, and every member is hashed.
      event: z.custom<JsonObject>(isObject, 'expected an object').meta({ type: 'object' }),
    }),
    batch: eventBatchProof,
    ...proofs,
  }),
);
export type EventBundle = z.infer<typeof eventBundle>;

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a bundle may be about. */
export const subjectKinds = ['output', 'event'] as const;
export type SubjectKind = (typeof subjectKinds)[number];

/**
 * The evidence bundle, version 1 (protocol section 12): one closed shape for each kind of subject. A member that no
 * verification step covers may not exist, because a verifier would pass it on unproven.
 *
 * The shapes are compiled, because every verification passes here; whatever the compiled code refuses, the schema judges
 * and words.
 */
export const evidenceBundle = z.union([outputBundle, eventBundle]);
export type EvidenceBundle = z.infer<typeof evidenceBundle>;

/** The shape that a value has to fit by the kind of its subject, so that what is said of it is about that one alone. */
export function bundleSchemaFor(value: unknown): z.ZodType<EvidenceBundle, EvidenceBundle> {
  const kind = (value as { subject?: { kind?: unknown } | null } | null)?.subject?.kind;
  return kind === 'event' ? eventBundle : outputBundle;
}

/** Tells the shapes apart. */
export function isEventBundle(bundle: EvidenceBundle): bundle is EventBundle {
  return bundle.subject.kind === 'event';
}

import { z } from 'zod';
import { anchorNetwork, anchorWith } from '../anchors/index.js';
import { BATCH_LEAVES_MAX, LOG_INDEX_MAX, PATH_HASHES_MAX } from '../messages/anchor.js';
import { jsonValue } from '../schemas/json-value.js';
import { outputProof } from '../schemas/output.js';
import { decimal, hex32, timestampMs, uuidV7 } from '../schemas/primitives.js';

/** Most leaves on one page of a batch. */
export const LEAVES_PAGE_MAX = 1_000;

const positionedPath = z.array(z.strictObject({ hash: hex32, pos: z.enum(['L', 'R']) })).max(PATH_HASHES_MAX);
const safeInteger = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const anchorAnswer = anchorWith({
  anchorId: uuidV7,
  commitment: hex32,
  level: z.literal('finalized'),
  transaction: z.string(),
  blockNumber: decimal.nullable(),
  finalAt: timestampMs,
}).meta({ id: 'Anchor' });
export type AnchorAnswer = z.infer<typeof anchorAnswer>;

/** Most networks that a reader of evidence may wait for. */
export const NETWORKS_REQUIRED_MAX = 16;
const NETWORK_CHARACTERS_MAX = 68;

const required = z
  .string()
  .max(NETWORKS_REQUIRED_MAX * (NETWORK_CHARACTERS_MAX + 1))
  .transform((text) => (text === 'anchored' ? ('any' as const) : text.split(',')))
  .pipe(
    z.union([z.literal('any'), z.array(anchorNetwork).max(NETWORKS_REQUIRED_MAX)], {
      error: `expected anchored, or 1 to ${NETWORKS_REQUIRED_MAX} networks separated by commas`,
    }),
  );

/**
 * The query of `GET /v1/evidence/:id`; its answer is the bundle of `@touchstone/evidence`. `require` is `anchored` or networks
 * separated by commas. Of a signed batch one event is named, by its id or by its leaf.
 */
export const evidenceQuery = z
  .strictObject({
    require: required.optional(),
    event: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('The id of an event; then the id of the path reads its batch.'),
    leaf: hex32.optional().describe('The leaf of an event, instead of its id.'),
  })
  .refine(({ event, leaf }) => event === undefined || leaf === undefined, {
    message: 'expected either event or leaf',
  });
export type EvidenceQuery = z.output<typeof evidenceQuery>;

/** An event that its owner kept, whose evidence is asked for. */
export const eventQuestion = z
  .strictObject({
    batchId: uuidV7,
    event: jsonValue.describe('The event as it was hashed; it is not stored.'),
  })
  .meta({ id: 'EventQuestion' });
export type EventQuestion = z.output<typeof eventQuestion>;

/** The query of `POST /v1/evidence`. */
export const eventEvidenceQuery = z.strictObject({ require: required.optional() });
export type EventEvidenceQuery = z.output<typeof eventEvidenceQuery>;

/** The query of `GET /v1/proof/:batchId`. */
export const batchQuery = z.strictObject({
  leaf: hex32.optional(),
  leaves: z.literal('true').optional(),
  offset: z.coerce.number().int().min(0).max(BATCH_LEAVES_MAX).default(0),
  limit: z.coerce.number().int().min(1).max(LEAVES_PAGE_MAX).default(LEAVES_PAGE_MAX),
});
export type BatchQuery = z.output<typeof batchQuery>;

/** A batch with its log proof, the checkpoint as served, and the anchors that commit to it. */
export const batchAnswer = z
  .strictObject({
    batchId: uuidV7,
    entry: z.string(),
    leafCount: z.number().int().min(1).max(BATCH_LEAVES_MAX),
    root: hex32,
    inclusion: z
      .strictObject({
        leaf: hex32,
        leafIndex: safeInteger,
        treeSize: safeInteger,
        path: positionedPath,
        rootHex: hex32,
      })
      .optional(),
    leaves: z.strictObject({ offset: safeInteger, items: z.array(hex32).max(LEAVES_PAGE_MAX) }).optional(),
    logProof: z.strictObject({ leafIndex: decimal, treeSize: decimal, path: z.array(hex32) }).nullable(),
    checkpoint: z.string().nullable(),
    anchors: z.array(anchorAnswer),
  })
  .meta({ id: 'BatchProof' });
export type BatchAnswer = z.infer<typeof batchAnswer>;

/** An entry of the log that is no batch (a commitment, a key set, a set-up of keys), with its proof as a batch has it. */
export const entryAnswer = z
  .strictObject({
    entry: z.string().describe('The exact text.'),
    logProof: batchAnswer.shape.logProof,
    checkpoint: z.string().nullable(),
    anchors: z.array(anchorAnswer),
  })
  .meta({ id: 'LogEntry' });
export type EntryAnswer = z.infer<typeof entryAnswer>;

/** What a caller wants to have verified. */
export const proofClaim = z
  .strictObject({
    proof: z.strictObject({
      leafIndex: safeInteger,
      treeSize: safeInteger.min(1),
      path: positionedPath,
      rootHex: hex32,
    }),
    merkleRoot: hex32,
    treeProfile: z
      .enum(['rfc9162-sha256', 'event-batch-v1'])
      .optional()
      .describe('The tree that the log entry of the batch states; that of outputs when left out.'),
    leafData: z
      .union([
        hex32,
        z.string().regex(/^[0-9a-f]{400}$/, 'expected 400 lower-case hex characters'),
        outputProof,
      ])
      .describe('The leaf (64 hex digits), its preimage (400 hex digits), or the output proof.'),
  })
  .meta({ id: 'ProofClaim' });
export type ProofClaim = z.output<typeof proofClaim>;

/** The outcome of a verification. */
export const proofVerdict = z
  .strictObject({
    valid: z.boolean(),
    checks: z.array(
      z.strictObject({
        name: z.enum(['leaf', 'root', 'inclusion']),
        status: z.enum(['pass', 'fail', 'not-checked']),
        expected: z.string().optional(),
        actual: z.string().optional(),
        detail: z.string().optional(),
      }),
    ),
    preimage: z.enum(['checked', 'not-checked']),
  })
  .meta({ id: 'ProofVerdict' });
export type ProofVerdictAnswer = z.infer<typeof proofVerdict>;

/** A checkpoint that was verified. */
export const checkpointAnswer = z
  .strictObject({
    size: decimal,
    root: hex32,
    note: z.string(),
    publishedAt: timestampMs,
    anchors: z.array(anchorAnswer),
  })
  .meta({ id: 'Checkpoint' });
export type CheckpointAnswer = z.infer<typeof checkpointAnswer>;

/** A size of the log: 1 to `LOG_INDEX_MAX`, as a pattern, so that the document says it exactly. */
export const treeSize = z
  .string()
  .regex(
    new RegExp(`^[1-9][0-9]{0,${LOG_INDEX_MAX.toString().length - 1}}$`),
    `expected 1 to ${LOG_INDEX_MAX}`,
  );

/** The query of `GET /v1/log/consistency`. */
export const consistencyQuery = z.strictObject({ from: treeSize, to: treeSize });
export type ConsistencyQuery = z.output<typeof consistencyQuery>;

const treeHead = z.strictObject({ size: decimal, root: hex32 });

/** A consistency proof (RFC 9162 section 2.1.4). */
export const consistencyAnswer = z
  .strictObject({ from: treeHead, to: treeHead, proof: z.array(hex32) })
  .meta({ id: 'Consistency' });
export type ConsistencyAnswer = z.infer<typeof consistencyAnswer>;

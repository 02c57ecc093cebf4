import { z } from 'zod';
import {
  anchorWith,
  canonicalTensor,
  decimal,
  hex32,
  modelCommitment,
  outputContext,
  outputProof,
  requestParts,
  PATH_HASHES_MAX,
} from '@touchstone/contracts';
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

/**
 * The evidence bundle, version 1 (protocol section 12). The schema is closed: a member that no verification step
 * covers may not exist, because a verifier would pass it on unproven.
 *
 * Compiled, because every verification passes here; whatever the compiled code refuses, the schema judges and words.
 */
export const evidenceBundle = z.compile(
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
    inclusion: inclusionProof,
    entry: z.string().min(2).max(LOG_ENTRY_BYTES_MAX),
    logProofs: z.array(logProof).min(1).max(LOG_PROOFS_MAX),
    anchors: z.array(anchor).max(ANCHORS_MAX),
    payment: z.strictObject({ requestParts, receipt: z.null() }).optional(),
  }),
);
export type EvidenceBundle = z.infer<typeof evidenceBundle>;

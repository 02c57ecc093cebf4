import {
  BATCH_LEAVES_MAX,
  caip2,
  decimal,
  evmAnchorProof,
  hex32,
  outputProof,
  timestampMs,
  uuidV7,
} from '@touchstone/contracts';
import { PATH_HASHES_MAX } from '@touchstone/evidence';
import { z } from 'zod';
import type { StoredAnchor } from '../../domain/evidence/evidence-store.js';
import type { BatchProof } from '../../domain/proof/batch-proofs.js';
import { LEAVES_PAGE_MAX } from '../../domain/proof/batch-proofs.js';
import type { LogConsistency } from '../../domain/proof/log-reader.js';
import type { StoredCheckpoint } from '../../domain/proof/proof-store.js';
import { bytesToHex } from '@touchstone/crypto';

const positionedPath = z.array(z.strictObject({ hash: hex32, pos: z.enum(['L', 'R']) })).max(PATH_HASHES_MAX);
const safeInteger = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const anchorAnswer = z
  .strictObject({
    anchorId: uuidV7,
    kind: z.literal('evm'),
    network: caip2,
    commitment: hex32,
    level: z.literal('finalized'),
    transaction: z.string(),
    blockNumber: decimal,
    finalAt: timestampMs,
    proof: evmAnchorProof,
  })
  .meta({ id: 'Anchor' });
type AnchorAnswer = z.infer<typeof anchorAnswer>;

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
    leafData: z
      .union([
        hex32,
        z.string().regex(/^[0-9a-f]{400}$/, 'expected 400 lower-case hex characters'),
        outputProof,
      ])
      .describe('The leaf (64 hex digits), its preimage (400 hex digits), or the output proof.'),
  })
  .meta({ id: 'ProofClaim' });

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

const treeHead = z.strictObject({ size: decimal, root: hex32 });

/** A consistency proof (RFC 9162 section 2.1.4). */
export const consistencyAnswer = z
  .strictObject({ from: treeHead, to: treeHead, proof: z.array(hex32) })
  .meta({ id: 'Consistency' });
export type ConsistencyAnswer = z.infer<typeof consistencyAnswer>;

export function presentBatch({ inclusion, leaves, logProof, anchors, ...batch }: BatchProof): BatchAnswer {
  return {
    ...batch,
    ...(inclusion ? { inclusion: { ...inclusion, path: [...inclusion.path] } } : {}),
    ...(leaves ? { leaves: { offset: leaves.offset, items: [...leaves.items] } } : {}),
    logProof: logProof && { ...logProof, path: [...logProof.path] },
    anchors: anchors.map(presentAnchor),
  };
}

export function presentCheckpoint({
  size,
  root,
  note,
  publishedAt,
  anchors,
}: StoredCheckpoint): CheckpointAnswer {
  return { size: `${size}`, root: bytesToHex(root), note, publishedAt, anchors: anchors.map(presentAnchor) };
}

export function presentConsistency({ from, to, proof }: LogConsistency): ConsistencyAnswer {
  const head = ({ size, root }: LogConsistency['from']) => ({ size: `${size}`, root: bytesToHex(root) });
  return { from: head(from), to: head(to), proof: proof.map(bytesToHex) };
}

function presentAnchor({ proof, ...anchor }: StoredAnchor): AnchorAnswer {
  return { ...anchor, level: 'finalized', proof: JSON.parse(proof) as AnchorAnswer['proof'] };
}

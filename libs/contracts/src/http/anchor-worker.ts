import { z } from 'zod';
import { anchorKinds, anchorNetwork, anchorProof } from '../anchors/index.js';
import { anchorLevels, anchorStates } from '../messages/anchor.js';
import { decimal, evmAddress, hex32, timestampMs, uuidV7 } from '../schemas/primitives.js';

/** Most roots on one page. */
export const ROOTS_PAGE_MAX = 1_000;
const ROOTS_PAGE_DEFAULT = 100;

/** The query of `GET /models/:id/anchors`. */
export const rootsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(ROOTS_PAGE_MAX).default(ROOTS_PAGE_DEFAULT),
  /** From the `Link` header of the page before. */
  cursor: z
    .string()
    .regex(/^\d{1,18}$/)
    .transform(BigInt)
    .optional(),
});
export type RootsQuery = z.output<typeof rootsQuery>;

/** The answer of `GET /models/:id/anchors`: one item for each anchor of a root, in the members of R-ANCHOR-4, and where it is. */
export const modelAnchors = z
  .strictObject({
    items: z.array(
      z.strictObject({
        root: hex32,
        anchoredAt: z.number().int().min(0),
        versionId: z.string().optional(),
        txid: z.string().optional(),
        kind: z.enum(anchorKinds).optional(),
        network: anchorNetwork.optional(),
      }),
    ),
  })
  .meta({ id: 'ModelAnchors' });
export type ModelAnchors = z.infer<typeof modelAnchors>;

/** The answer of `GET /v1/anchors/:anchorId`. */
export const anchorAnswer = z
  .strictObject({
    anchorId: uuidV7,
    kind: z.enum(anchorKinds),
    network: z.string(),
    state: z.enum(anchorStates),
    /** In a block (`soft`), in one that is not expected to be dropped (`safe`), or for ever (`finalized`); `null` before. */
    level: z.enum(anchorLevels).nullable(),
    checkpointSize: decimal,
    commitment: hex32,
    /** Of the kinds that have one, else `null`. */
    contract: evmAddress.nullable(),
    submitter: evmAddress.nullable(),
    transaction: z.string().nullable(),
    blockNumber: decimal.nullable(),
    failure: z.string().nullable(),
    createdAt: timestampMs,
    finalAt: timestampMs.nullable(),
    proof: anchorProof.nullable(),
  })
  .meta({ id: 'Anchor' });
export type AnchorAnswer = z.infer<typeof anchorAnswer>;

/** The answer of `GET /v1/checkpoints/latest`. */
export const checkpointAnswer = z
  .strictObject({
    origin: z.string(),
    size: decimal,
    root: hex32,
    note: z.string(),
    publishedAt: timestampMs,
  })
  .meta({ id: 'Checkpoint' });
export type CheckpointAnswer = z.infer<typeof checkpointAnswer>;

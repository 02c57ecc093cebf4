import { z } from 'zod';
import { caip2, decimal, hex32, hexBytes, timestampMs, uuidV7 } from '../schemas/primitives.js';

/** Most leaves one batch may hold, so that `batch.sealed` stays below 512 KiB. */
export const BATCH_LEAVES_MAX = 5_000;

/** Most hashes of one inclusion path; a tree of 2^63 leaves needs 63. */
export const PATH_HASHES_MAX = 63;

/** Largest place in the log, far below what the database can count. */
export const LOG_INDEX_MAX = 10n ** 18n - 1n;

/** `evt.v1.anchor.entry.appended`: an entry that is no batch (a commitment, a key set) took its place in the log. */
export const entryAppended = z.strictObject({ logIndex: decimal, entry: z.string().max(65_535) });
export type EntryAppended = z.infer<typeof entryAppended>;

/** `evt.v1.anchor.batch.sealed`: a batch took its place in the log; leaves stand in tree order. */
export const batchSealed = z.strictObject({
  batchId: uuidV7,
  logIndex: decimal,
  /** The exact bytes of the log entry as text (protocol section 6). */
  entry: z.string().max(65_535),
  leaves: z.array(hex32).min(1).max(BATCH_LEAVES_MAX),
  sealedAt: timestampMs,
});
export type BatchSealed = z.infer<typeof batchSealed>;

/** `evt.v1.anchor.checkpoint.published`: the signed note that covers the first `size` entries. */
export const checkpointPublished = z.strictObject({
  origin: z.string().min(1).max(256),
  size: decimal,
  root: hex32,
  note: z.string().max(16_384),
  publishedAt: timestampMs,
});
export type CheckpointPublished = z.infer<typeof checkpointPublished>;

/** Most nodes of each trie proof of an anchor (protocol section 12). */
export const EVM_PROOF_NODES_MAX = 64;

const proofNodes = z.array(hexBytes).max(EVM_PROOF_NODES_MAX);

/**
 * What a chain node shows of an account and one of its slots: RLP of the block header, nodes from the state root to the account,
 * nodes from its storage root to the slot; lower-case hex without prefix. Lists without nodes show that nothing is there. The
 * schema is closed: an unknown member fails, because nothing would cover it.
 */
export const evmStateProof = z.strictObject({
  header: hexBytes,
  accountProof: proofNodes,
  storageProof: proofNodes,
});
export type EvmStateProof = z.infer<typeof evmStateProof>;

/** The proof that an EVM chain stores a commitment, so that no list is empty. */
export const evmAnchorProof = evmStateProof.extend({
  accountProof: proofNodes.min(1),
  storageProof: proofNodes.min(1),
});
export type EvmAnchorProofMessage = z.infer<typeof evmAnchorProof>;

/** `evt.v1.anchor.anchor.final`: the commitment of a checkpoint stands in a finalized block. */
export const anchorFinal = z.strictObject({
  anchorId: uuidV7,
  kind: z.literal('evm'),
  network: caip2,
  checkpointSize: decimal,
  commitment: hex32,
  level: z.enum(['soft', 'safe', 'finalized']),
  transaction: z.string().max(128),
  blockNumber: decimal,
  proof: evmAnchorProof,
  finalAt: timestampMs,
});
export type AnchorFinal = z.infer<typeof anchorFinal>;

/**
 * Where an anchor stands:
 * - `prepared`: signed and stored, perhaps sent
 * - `sent`: a chain node took it
 * - `included`: it stands in a block
 * - `final`: the block with it is finalized and the proof is stored
 * - `orphaned`: it stood in a block that the chain dropped; it is sent again
 * - `failed`: the chain refused it for good; a later anchor covers the same batches
 */
export const anchorStates = ['prepared', 'sent', 'included', 'final', 'orphaned', 'failed'] as const;
export type AnchorState = (typeof anchorStates)[number];

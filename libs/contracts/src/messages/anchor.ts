import { z } from 'zod';
import { anchorKinds, anchorWith } from '../anchors/index.js';
import { decimal, hex32, timestampMs, uuidV7 } from '../schemas/primitives.js';

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

/** How surely a block stays: in the chain, not expected to be dropped, for ever. */
export const anchorLevels = ['soft', 'safe', 'finalized'] as const;
export type AnchorLevel = (typeof anchorLevels)[number];

/** `evt.v1.anchor.anchor.final`: the commitment of a checkpoint is anchored for good. */
export const anchorFinal = anchorWith({
  anchorId: uuidV7,
  checkpointSize: decimal,
  commitment: hex32,
  level: z.enum(anchorLevels),
  /** What was published: the hash of a transaction, of a token the SHA-256 of its bytes in hex. */
  transaction: z.string().max(128),
  /** The block of the record; `null` for kinds without blocks. */
  blockNumber: decimal.nullable(),
  finalAt: timestampMs,
});
export type AnchorFinal = z.infer<typeof anchorFinal>;

/** Characters of the reason in `anchor.stuck`. */
export const STUCK_REASON_CHARACTERS_MAX = 500;

/** `evt.v1.anchor.anchor.stuck`: anchors of a network failed time after time; told once until one does not. */
export const anchorStuck = z.strictObject({
  network: z.string().min(1).max(128),
  kind: z.enum(anchorKinds),
  /** Of the newest that failed. */
  checkpointSize: decimal,
  failuresInRow: z.int().min(1),
  /** Why the newest failed. */
  reason: z.string().max(STUCK_REASON_CHARACTERS_MAX),
  at: timestampMs,
});
export type AnchorStuck = z.infer<typeof anchorStuck>;

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

import type { TreeProfile } from '../batch/stored-tree.js';
import type { NodeId } from '@touchstone/merkle';
import type { StoredAnchor } from '../evidence/evidence-store.js';

/** A batch with the checkpoint that proves it best: the oldest anchored one, else the oldest that covers it. */
export interface StoredBatch {
  readonly batchId: string;
  readonly logIndex: bigint;
  readonly leafCount: number;
  readonly treeProfile: TreeProfile;
  readonly entry: string;
  readonly checkpoint:
    { readonly size: bigint; readonly note: string; readonly anchors: readonly StoredAnchor[] } | undefined;
}

/** An entry of the log with the checkpoint that proves it best, chosen as for a batch. */
export type StoredEntry = Pick<StoredBatch, 'logIndex' | 'entry' | 'checkpoint'>;

/** A checkpoint that was verified. */
export interface StoredCheckpoint {
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly note: string;
  readonly publishedAt: string;
  readonly anchors: readonly StoredAnchor[];
}

/** Where a leaf stands. */
export interface LeafPlace {
  readonly batchId: string;
  readonly leafIndex: number;
}

/** The read model of batches and of the log. */
export interface ProofStore {
  batch(batchId: string): Promise<StoredBatch | undefined>;
  /** An entry that is no batch, by the SHA-256 of its text. */
  entry(sha256: Uint8Array): Promise<StoredEntry | undefined>;
  /** The first place of a leaf, within one batch or within all. */
  place(leaf: Uint8Array, batchId?: string): Promise<LeafPlace | undefined>;
  leaves(logIndex: bigint, offset: number, limit: number): Promise<Uint8Array[]>;
  /** Nodes of a batch's tree and of the log in one round trip. */
  nodes(
    logIndex: bigint,
    batchOffsets: readonly number[],
    logNodes: readonly NodeId[],
  ): Promise<{ readonly batch: Uint8Array[]; readonly log: Uint8Array[] }>;
  newestCheckpoint(): Promise<StoredCheckpoint | undefined>;
  checkpoint(size: bigint): Promise<StoredCheckpoint | undefined>;
}

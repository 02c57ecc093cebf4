import type { AnchorKind, AnchorLevel, AnchorProof, AnchorState } from '@touchstone/contracts';

/** A root of a model with one of its final anchors, as R-ANCHOR-4 lists it. */
export interface ListedAnchor {
  /** Lower-case hex. */
  readonly root: string;
  /** Unix seconds: what the chain or authority states, of a root without an anchor that of its sealing. */
  readonly anchoredAt: number;
  readonly versionId: string | null;
  /** `null` where nothing has anchored the root. */
  readonly kind: AnchorKind | null;
  readonly network: string | null;
  /** Of kinds that have transactions. */
  readonly txid: string | null;
  readonly logIndex: bigint;
}

/** An anchor of a checkpoint with all that is known of it. */
export interface AnchorRecord {
  readonly anchorId: string;
  readonly kind: AnchorKind;
  readonly network: string;
  readonly state: AnchorState;
  /** `null` while it stands nowhere. */
  readonly level: AnchorLevel | null;
  readonly checkpointSize: string;
  readonly commitment: string;
  /** Of the kinds that have one. */
  readonly contract: string | null;
  readonly submitter: string | null;
  readonly transaction: string | null;
  readonly blockNumber: string | null;
  readonly failure: string | null;
  readonly createdAt: string;
  readonly finalAt: string | null;
  readonly proof: AnchorProof | null;
}

/** A published checkpoint. */
export interface CheckpointRecord {
  readonly size: string;
  readonly root: string;
  readonly note: string;
  readonly publishedAt: string;
}

/** Sizes of the log and what waits, for figures and readiness. */
export interface PipelineFigures {
  readonly logSize: bigint;
  readonly checkpointSize: bigint;
  readonly pendingLeaves: number;
  /** 0 when no leaf waits. */
  readonly oldestPendingSeconds: number;
}

/** The anchors of one network. Costs are in its unit and of the last 24 hours. */
export interface NetworkFigures {
  readonly network: string;
  readonly kind: AnchorKind;
  /** Of final ones those of the last 24 hours. */
  readonly byState: Readonly<Partial<Record<AnchorState, number>>>;
  /** `undefined` when none is final. */
  readonly newestFinalAgeSeconds: number | undefined;
  /** Of all anchors, failed ones included. */
  readonly cost: bigint;
  /** Of final anchors, and the leaves that they cover first. */
  readonly finalCost: bigint;
  readonly finalLeaves: number;
}

/** Reads what the pipeline stored. */
export interface AnchorReader {
  /**
   * Roots of a model, the newest first, each as often as networks anchor it and at least once.
   *
   * @param id modelVersionId or slug
   * @param page its limit counts roots
   * @returns `undefined` for a model that no message named
   */
  roots(
    id: string,
    page: { limit: number; before: bigint | undefined },
  ): Promise<readonly ListedAnchor[] | undefined>;
  /** An anchor by its id, or by the id of a batch that it covers. */
  anchor(id: string): Promise<AnchorRecord | undefined>;
  latestCheckpoint(): Promise<CheckpointRecord | undefined>;
  figures(): Promise<PipelineFigures>;
  networks(): Promise<readonly NetworkFigures[]>;
}

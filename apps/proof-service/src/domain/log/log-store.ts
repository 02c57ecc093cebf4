import type { LogNode, NodeId } from '@touchstone/merkle';

/** End of the dense log: its size and the hashes of `rangeNodes(0n, size)`. */
export interface LogFrontier {
  readonly size: bigint;
  readonly hashes: readonly Uint8Array[];
}

/** A checkpoint that is not judged yet. */
export interface PendingCheckpoint {
  readonly commitment: Uint8Array;
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly note: string;
}

/** What was found about a checkpoint. */
export type Verdict =
  { readonly state: 'verified' } | { readonly state: 'refused'; readonly reason: RefusalReason };

export const refusalReasons = ['bad-signature', 'root-mismatch', 'another-note-at-size'] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** Places of the log from `fromSize` to `size` - 1. */
export interface LogRange {
  readonly fromSize: bigint;
  readonly size: bigint;
}

/** An output whose proof is ready. */
export interface ReadyOutput {
  readonly verificationId: string;
  /** Seconds from its recording to now. */
  readonly seconds: number;
  /** Seconds from the arrival of the request at the gateway to now. */
  readonly secondsSinceRequest: number;
}

/** This service's own copy of the log. */
export interface LogStore {
  /**
   * Gives the frontier and the entries that follow it without a gap to `nodesOf`, and stores the nodes it returns.
   * One process at a time.
   *
   * @returns how many entries were added; 0 when the next one has not arrived
   */
  extend(
    entriesMax: number,
    nodesOf: (frontier: LogFrontier, entries: readonly string[]) => readonly LogNode[],
  ): Promise<number>;
  size(): Promise<bigint>;
  /** Hashes of stored nodes in the order of their ids; one that is missing is left out. */
  nodes(ids: readonly NodeId[]): Promise<Uint8Array[]>;
  /** The smallest checkpoints that are not judged. */
  pendingCheckpoints(countMax: number): Promise<readonly PendingCheckpoint[]>;
  /**
   * Stores a verdict.
   *
   * @returns the verdict that holds, or `undefined` when somebody else had judged before
   */
  settle(commitment: Uint8Array, verdict: Verdict): Promise<Verdict | undefined>;
  /**
   * Marks verified checkpoints that a final anchor commits to.
   *
   * @returns the entries of the log that are anchored now and were not before; `undefined` for none
   */
  matchAnchors(): Promise<LogRange | undefined>;
  /** The outputs that the newest checkpoint made provable, at most `countMax`. */
  readyOutputs(size: bigint, countMax: number): Promise<readonly ReadyOutput[]>;
  /** The outputs whose batches stand in a range of the log, at most `countMax`. */
  outputsIn(range: LogRange, countMax: number): Promise<readonly ReadyOutput[]>;
}

import { bytesToHex } from '@touchstone/crypto';
import { currentSpanContext, type FollowedTraces, type Logger } from '@touchstone/platform/observability';
import type { Batch } from './domain/batch/build-batch.js';
import type { AcceptedLeaf } from './domain/leaf/accepted-leaf.js';
import type { AnchorMetrics, LeafStage } from './metrics.js';

/** Steps whose leaves wait to be measured; further ones are not, since the database is too slow for it. */
export const MEASUREMENTS_WAITING_MAX = 64;

/** A leaf that reached a stage. */
export interface ReachedLeaf {
  /** Lower-case hex. */
  readonly leaf: string;
  readonly secondsSinceAccepted: number;
}

/** Which leaves a step of the pipeline moved. */
export interface LeafStageReader {
  sealed(batchIds: readonly string[]): Promise<readonly ReachedLeaf[]>;
  covered(fromSize: bigint, size: bigint): Promise<readonly ReachedLeaf[]>;
  anchored(size: bigint, network: string): Promise<readonly ReachedLeaf[]>;
}

/** A leaf as it was accepted, with the headers of the message that brought it. */
export interface AcceptedMessage {
  readonly leaf: AcceptedLeaf;
  readonly recordedAt: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Follows leaves from stage to stage, for figures and for the trace of the request that each came from. It looks after
 * the commit of a step and never holds one up.
 */
export class LeafProgress {
  private measuring: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly stages: LeafStageReader,
    private readonly metrics: AnchorMetrics,
    private readonly traces: FollowedTraces,
    private readonly logger: Logger,
    private readonly nowMs: () => number,
  ) {}

  accepted(messages: readonly AcceptedMessage[]): void {
    const nowMs = this.nowMs();
    for (const { leaf, recordedAt, headers } of messages) {
      this.metrics.leafAccepted(Math.max(0, nowMs - Date.parse(recordedAt)) / 1_000);
      this.traces.follow(bytesToHex(leaf.leaf), headers);
    }
    if (this.traces.size === 0) return;
    const keys = messages.map(({ leaf }) => bytesToHex(leaf.leaf));
    this.traces.reached('leaf accepted', keys, { batch: currentSpanContext() });
  }

  sealed(batches: readonly Batch[]): void {
    if (this.traces.size > 0) this.traces.link(batches.flatMap(({ leaves }) => leaves.map(bytesToHex)));
    const ids = batches.map(({ batchId }) => batchId);
    this.measure('sealed', () => this.stages.sealed(ids));
  }

  checkpointed(fromSize: bigint, size: bigint): void {
    this.measure('checkpointed', () => this.stages.covered(fromSize, size));
  }

  anchored(size: bigint, network: string): void {
    this.measure('anchored', () => this.stages.anchored(size, network));
  }

  /** Resolves when everything that is being measured is. */
  settled(): Promise<void> {
    return this.measuring;
  }

  private measure(stage: LeafStage, read: () => Promise<readonly ReachedLeaf[]>): void {
    if (this.waiting >= MEASUREMENTS_WAITING_MAX) return;
    const batch = currentSpanContext();
    this.waiting += 1;
    this.measuring = this.measuring.then(async () => {
      try {
        const leaves = await read();
        for (const { secondsSinceAccepted } of leaves) this.metrics.leafReached(stage, secondsSinceAccepted);
        const keys = leaves.map(({ leaf }) => leaf);
        this.traces.reached(`leaf ${stage}`, keys, { batch, last: stage === 'anchored' });
      } catch (error) {
        this.logger.debug({ err: error, stage }, 'the leaves of a step could not be measured');
      } finally {
        this.waiting -= 1;
      }
    });
  }
}

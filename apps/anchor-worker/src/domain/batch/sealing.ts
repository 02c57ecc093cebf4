import type { AroundWork } from '../pipeline/around-work.js';
import type { Batch, BatchParts } from './build-batch.js';
import { buildBatch } from './build-batch.js';
import { dueBatches, type PendingLeaves, type SealingPolicy } from './due-batches.js';

/** Most batches that one transaction seals, so that the log is not locked for long. */
export const BATCHES_PER_SEAL_MAX = 16;

/** Makes a batch of the leaves that the store chose. */
export type MakeBatch = (modelVersionId: string, leaves: readonly Uint8Array[]) => Batch;

/** Decides, under the lock of the log, which model versions get a batch. */
export type ChooseDue = (pending: readonly PendingLeaves[]) => readonly string[];

/** Where leaves wait and batches are kept. */
export interface SealingStore {
  /** What waits, for each model version; counts stop at `countMax`. */
  pending(countMax: number): Promise<readonly PendingLeaves[]>;
  /**
   * Seals in one transaction that holds the lock of the log: looks again at what waits, chooses, takes the leaves of
   * each chosen model version in the order in which they were accepted, appends the batches to the log and writes
   * their events. Nobody else appends or seals meanwhile, so that a leaf gets into one batch and no index twice.
   *
   * @returns the batches
   */
  seal(leavesMax: number, choose: ChooseDue, make: MakeBatch): Promise<readonly Batch[]>;
}

/** What {@link Sealing} needs beside its store. */
export interface SealingOptions extends SealingPolicy {
  /** Names this installation in every entry. */
  readonly nodeId: string;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly onSealed: (batches: readonly Batch[]) => void;
  readonly around: AroundWork;
}

/** Seals batches that are due; safe in any number of processes at the same time. */
export class Sealing {
  private watched = false;
  private largest = 0;
  private unseen = 0;

  constructor(
    private readonly store: SealingStore,
    private readonly options: SealingOptions,
  ) {}

  /** Seals what is due. @returns milliseconds until something is due again, `undefined` when nothing waits */
  async run(): Promise<number | undefined> {
    const { batchMax } = this.options;
    // Until the look is over nothing is watched: a leaf that is accepted meanwhile may not be in what is read.
    this.watched = false;
    this.unseen = 0;
    const seen = dueBatches(await this.store.pending(batchMax), this.options);
    this.largest = seen.largest;
    this.watched = seen.waitMs !== undefined;
    if (seen.due.length === 0) return seen.waitMs;
    await this.options.around('seal batches', () => this.seal());
    // Leaves beyond a full batch, and model versions beyond one transaction, are looked at right away.
    return 0;
  }

  /**
   * Tells that leaves were accepted in this process.
   *
   * @returns whether it is worth looking before the time that `run` named: nothing was watched, or a batch may be full
   */
  leavesAccepted(count: number): boolean {
    this.unseen += count;
    return !this.watched || this.largest + this.unseen >= this.options.batchMax;
  }

  private async seal(): Promise<void> {
    const batches = await this.store.seal(
      this.options.batchMax,
      (pending) => dueBatches(pending, this.options).due.slice(0, BATCHES_PER_SEAL_MAX),
      (modelVersionId, leaves) => this.make(modelVersionId, leaves),
    );
    if (batches.length > 0) this.options.onSealed(batches);
  }

  private make(modelVersionId: string, leaves: readonly Uint8Array[]): Batch {
    const { newId, nowMs, nodeId } = this.options;
    const parts: BatchParts = { batchId: newId(), modelVersionId, leaves, sealedAtMs: nowMs(), nodeId };
    return buildBatch(parts);
  }
}

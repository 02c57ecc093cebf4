import type { AcceptedLeaf } from './accepted-leaf.js';
import type { BatchSigned } from '@touchstone/contracts';
import { eventBatch, type EventBatch } from '../batch/event-batch.js';
import type { ObjectEntry } from '../log/object-entry.js';

/** Everything that one delivery brings. */
export interface Delivery {
  /** In the order of their stream. */
  readonly leaves: readonly AcceptedLeaf[];
  readonly entries: readonly ObjectEntry[];
  /** Batches of events with signatures of the signer. */
  readonly batches: readonly BatchSigned[];
}

/** A delivery as it is stored. */
export interface Accepted extends Omit<Delivery, 'batches'> {
  readonly batches: readonly EventBatch[];
}

/** What of a delivery was new. */
export interface Intaken {
  readonly leaves: number;
  readonly entries: number;
  /** Batches of events. */
  readonly batches: number;
}

/** Keeps leaves and log entries. */
export interface IntakeStore {
  /**
   * Stores a whole delivery in one transaction; what is there already is left as it is.
   *
   * @throws AppError `conflict` when a nonce of a model version comes with another leaf, `dependency-unavailable`
   */
  accept(delivery: Accepted): Promise<Intaken>;
}

/** Who is told that there is something to do. */
export interface IntakeListener {
  leavesAccepted(count: number): void;
  entriesAppended(): void;
}

/** Takes deliveries in; when it resolves they are durable and may be acknowledged. */
export class Intake {
  constructor(
    private readonly store: IntakeStore,
    private readonly listener: IntakeListener,
    private readonly options: { readonly nodeId: string; readonly nowMs: () => number },
  ) {}

  /** @throws AppError `validation-failed` for a batch whose leaves give another root than was signed, and as {@link IntakeStore.accept} */
  async accept(delivery: Delivery): Promise<Intaken> {
    const { nodeId, nowMs } = this.options;
    const batches = delivery.batches.map((signed) => eventBatch(signed, { sealedAtMs: nowMs(), nodeId }));
    const taken = await this.store.accept({ ...delivery, batches });
    if (taken.leaves > 0) this.listener.leavesAccepted(taken.leaves);
    if (taken.entries + taken.batches > 0) this.listener.entriesAppended();
    return taken;
  }
}

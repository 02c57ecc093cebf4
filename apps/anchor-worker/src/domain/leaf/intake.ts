import type { AcceptedLeaf } from './accepted-leaf.js';
import type { ObjectEntry } from '../log/object-entry.js';

/** Everything that one delivery brings. */
export interface Delivery {
  /** In the order of their stream. */
  readonly leaves: readonly AcceptedLeaf[];
  readonly entries: readonly ObjectEntry[];
}

/** What of a delivery was new. */
export interface Intaken {
  readonly leaves: number;
  readonly entries: number;
}

/** Keeps leaves and log entries. */
export interface IntakeStore {
  /**
   * Stores a whole delivery in one transaction; what is there already is left as it is.
   *
   * @throws AppError `conflict` when a nonce of a model version comes with another leaf, `dependency-unavailable`
   */
  accept(delivery: Delivery): Promise<Intaken>;
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
  ) {}

  /** @throws AppError as {@link IntakeStore.accept} */
  async accept(delivery: Delivery): Promise<Intaken> {
    const taken = await this.store.accept(delivery);
    if (taken.leaves > 0) this.listener.leavesAccepted(taken.leaves);
    if (taken.entries > 0) this.listener.entriesAppended();
    return taken;
  }
}

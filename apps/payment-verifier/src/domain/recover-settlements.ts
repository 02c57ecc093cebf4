import type { ReservationStore, SettlementLane } from './ports.js';
import type { SettlementDesk } from './settlement-desk.js';

/** Rows that one recovery run takes up. */
export const RECOVERY_ROWS_MAX = 200;
/** Milliseconds that a row is left to whoever waits for its receipt. */
export const RECOVERY_MIN_AGE_MS = 3_000;

/** What {@link RecoverSettlements} uses. */
export interface RecoveryParts {
  readonly store: ReservationStore;
  readonly lane: SettlementLane;
  readonly desk: SettlementDesk;
  readonly nowMs: () => number;
  readonly minAgeMs?: number;
  /** Called with the id of a reservation, or with `lane`, that could not be looked at; the next run tries again. */
  readonly onError: (error: unknown, where: string) => void;
}

/**
 * Finishes what a crash, a time-out or a node that was down left open. It asks the chain for what was stored before
 * it was sent; a transaction that stands in a block, however shallow, is never signed again.
 */
export class RecoverSettlements {
  constructor(private readonly parts: RecoveryParts) {}

  /** One run over transactions first, because a gap in the nonces of a key holds up everything behind it. */
  async run(): Promise<void> {
    const { lane, store, desk, nowMs, minAgeMs = RECOVERY_MIN_AGE_MS, onError } = this.parts;
    const untouchedSinceMs = nowMs() - minAgeMs;
    // What keeps the lane from its work must not keep payments open that the chain has decided.
    await lane.run(untouchedSinceMs).catch((error: unknown) => onError(error, 'lane'));
    const open = await store.open(untouchedSinceMs, RECOVERY_ROWS_MAX);
    const outcomes = await lane.outcomesOf(open.map(({ id }) => id));
    for (const reservation of open) {
      try {
        await desk.askChain(reservation, await outcomes(reservation.id));
      } catch (error) {
        onError(error, reservation.id);
        // Behind all others, or as many rows as a run takes that fail for a lasting reason would keep it from the rest.
        await store.awaitChain(reservation.id, nowMs());
      }
    }
  }
}

import type { ReservationStore, SettlementChain, TransactionJournal, UnminedTransaction } from './ports.js';
import type { SettlementDesk } from './settlement-desk.js';

/** Rows that one recovery run takes up. */
export const RECOVERY_ROWS_MAX = 200;
/** Milliseconds that a row is left to whoever waits for its receipt. */
export const RECOVERY_MIN_AGE_MS = 3_000;

/** What {@link RecoverSettlements} uses. */
export interface RecoveryParts {
  readonly store: ReservationStore;
  readonly chain: SettlementChain;
  readonly journal: TransactionJournal;
  readonly desk: SettlementDesk;
  readonly nowMs: () => number;
  readonly minAgeMs?: number;
  /** Called for a row that could not be looked at; the next run tries again. */
  readonly onError: (error: unknown, reservationId: string) => void;
}

/**
 * Finishes what a crash, a time-out or a node that was down left open. It asks the chain for what was stored before
 * it was sent, and sends the same bytes again; it never makes a second transaction while the first may still be mined.
 */
export class RecoverSettlements {
  constructor(private readonly parts: RecoveryParts) {}

  /** One run over transactions first, because a gap in the nonces of a key holds up everything behind it. */
  async run(): Promise<void> {
    const { journal, store, desk, chain, nowMs, minAgeMs = RECOVERY_MIN_AGE_MS, onError } = this.parts;
    const untouchedSinceMs = nowMs() - minAgeMs;
    const minedCounts = new Map<string, number>();
    for (const transaction of await journal.unmined(untouchedSinceMs, RECOVERY_ROWS_MAX)) {
      await this.resume(transaction, minedCounts).catch((error: unknown) => {
        onError(error, transaction.reservationId);
      });
    }
    for (const reservation of await store.open(untouchedSinceMs, RECOVERY_ROWS_MAX)) {
      try {
        const own =
          reservation.transaction === null ? 'unknown' : await chain.outcomeOf(reservation.transaction);
        await desk.askChain(reservation, own);
      } catch (error) {
        onError(error, reservation.id);
        // Behind all others, or as many rows as a run takes that fail for a lasting reason would keep it from the rest.
        await store.awaitChain(reservation.id, nowMs());
      }
    }
    await journal.realign();
  }

  private async resume(transaction: UnminedTransaction, minedCounts: Map<string, number>): Promise<void> {
    const { journal, chain, nowMs } = this.parts;
    if ((await chain.outcomeOf(transaction.hash)) !== 'unknown') return journal.markMined(transaction.hash);
    const counted = minedCounts.get(transaction.account);
    const mined = counted ?? (await chain.minedCount(transaction.account));
    minedCounts.set(transaction.account, mined);
    if (transaction.nonce < mined) {
      // The count was read after the receipt: look once more before declaring the bytes dead.
      if ((await chain.outcomeOf(transaction.hash)) !== 'unknown') return journal.markMined(transaction.hash);
      return journal.replace(transaction);
    }
    await chain.broadcast(transaction.raw);
    await journal.markSent(transaction.hash, nowMs());
  }
}

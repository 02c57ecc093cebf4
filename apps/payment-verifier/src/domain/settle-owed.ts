import type { ReservationStore } from './ports.js';
import type { Reservation } from './reservation.js';
import type { SettlePayment } from './settle-payment.js';
import { nextLook, overAtMs, type SettlementDesk } from './settlement-desk.js';

/** Payments that one run looks at. */
export const OWED_ROWS_MAX = 200;
/** Payments that are settled at the same time: each waits for its block. */
export const OWED_AT_ONCE_MAX = 16;

/** What {@link SettleOwed} uses. */
export interface SettleOwedParts {
  readonly store: ReservationStore;
  readonly desk: SettlementDesk;
  readonly settling: SettlePayment;
  readonly nowMs: () => number;
  /** Called for a payment that could not be settled or looked at; it comes again. */
  readonly onError: (error: unknown, reservationId: string) => void;
}

/**
 * Settles what is owed without anybody's help: payments for which an answer was made and whose settlement was asked
 * for once, by a request that died, was refused for want of a part, or found the payer's purse empty. It goes on until
 * the chain says at a final block that the authorisation is over. It also looks once more at payments whose
 * transaction reverted, when nobody can send them any more.
 */
export class SettleOwed {
  constructor(private readonly parts: SettleOwedParts) {}

  /** One run. */
  async run(): Promise<void> {
    const { store, nowMs } = this.parts;
    const waiting = await store.due(nowMs(), OWED_ROWS_MAX);
    const work = async (): Promise<void> => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) await this.look(row);
    };
    await Promise.all(Array.from({ length: Math.min(OWED_AT_ONCE_MAX, waiting.length) }, work));
  }

  private async look(reservation: Reservation): Promise<void> {
    const { store, desk, settling, nowMs, onError } = this.parts;
    const { id, state, owedAtMs } = reservation;
    try {
      if (state === 'failed') await desk.recheck(reservation);
      else {
        const result = await settling.settle(id);
        if (result.outcome === 'unsent') onError(result.error, id);
      }
    } catch (error) {
      onError(error, id);
    } finally {
      // Behind all others, or as many rows as a run takes that fail for a lasting reason would keep it from the rest.
      const sinceMs = state === 'failed' ? overAtMs(reservation) : (owedAtMs ?? nowMs());
      await store.postpone(id, nextLook(sinceMs, nowMs()));
    }
  }
}

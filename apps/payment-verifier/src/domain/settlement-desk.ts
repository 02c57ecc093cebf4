import type { PaymentMetrics, ReservationStore, SettlementChain, TransactionOutcome } from './ports.js';
import { reasons } from './reasons.js';
import type { Reservation, Settlement } from './reservation.js';

/** What {@link SettlementDesk} uses. */
export interface DeskParts {
  readonly store: ReservationStore;
  readonly chain: SettlementChain;
  readonly metrics: PaymentMetrics;
  readonly nowMs: () => number;
}

/** A failed or pending x402 settle response. */
export function unsettled(reservation: Reservation, reason: string, message?: string): Settlement {
  return {
    success: false,
    errorReason: reason,
    ...(message === undefined ? {} : { errorMessage: message }),
    transaction: reservation.transaction ?? '',
    network: reservation.network,
    payer: reservation.payer,
  };
}

/** A successful x402 settle response for a transfer that somebody may have sent in our place. */
export function settledBy(reservation: Reservation, transaction: string): Settlement {
  return { success: true, transaction, network: reservation.network, payer: reservation.payer };
}

/** Closes reservations by what stands on the chain, and by nothing else. */
export class SettlementDesk {
  constructor(private readonly parts: DeskParts) {}

  /**
   * Asks the chain what became of an authorisation and stores the answer. Terminal are: its own transfer in a block;
   * a use for another transfer; a cancellation; its time over at a final block without use. `authorizationState`
   * alone would not do, it is also true after a cancellation. With `own` reverted the payment fails too: the relayer
   * does not pay for a second attempt. Otherwise the reservation stays open.
   */
  async askChain(reservation: Reservation, own: TransactionOutcome = 'unknown'): Promise<Reservation> {
    const fate = await this.parts.chain.fateOf(reservation);
    switch (fate.kind) {
      case 'paid':
        return this.settle(reservation, fate.transfer, settledBy(reservation, fate.transfer.transaction));
      case 'used-otherwise':
        return this.fail(reservation, reasons.usedOtherwise);
      case 'canceled':
        return this.fail(reservation, reasons.canceled);
      case 'expired':
        return this.fail(reservation, reasons.validBefore);
      case 'open':
        return own === 'reverted'
          ? this.fail(reservation, reasons.transactionFailed)
          : this.leave(reservation);
    }
  }

  /** Stores a transfer that was seen in a block. */
  async settle(
    reservation: Reservation,
    transfer: { transaction: string; logIndex: number },
    settlement: Settlement,
  ): Promise<Reservation> {
    const { store, metrics, nowMs } = this.parts;
    const after = await store.settle(reservation.id, transfer, settlement, nowMs());
    metrics.payment('settled', 'none');
    return after;
  }

  private async fail(reservation: Reservation, reason: string): Promise<Reservation> {
    const { store, metrics, nowMs } = this.parts;
    const after = await store.fail(reservation.id, reason, unsettled(reservation, reason), nowMs());
    metrics.payment('failed', reason);
    return after;
  }

  private async leave(reservation: Reservation): Promise<Reservation> {
    const { store, nowMs } = this.parts;
    await store.awaitChain(reservation.id, nowMs());
    return (await store.find(reservation.id)) ?? reservation;
  }
}

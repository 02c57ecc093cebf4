import type { PaymentMetrics, ReservationStore, SettlementChain, TransactionOutcome } from './ports.js';
import { remarksOf } from './direct-transfer.js';
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
    transaction: reservation.transaction ?? reservation.transfer?.transaction ?? '',
    network: reservation.network,
    payer: reservation.payer,
  };
}

/** A successful x402 settle response for a transfer that somebody may have sent in our place. */
export function settledBy(reservation: Reservation, transaction: string): Settlement {
  const { network, payer, transfer } = reservation;
  const remarks = remarksOf(transfer);
  return { success: true, transaction, network, payer, ...(remarks && { remarks }) };
}

/** Milliseconds after which a payment that is not settled yet is looked at again, at first and at most. */
export const RECHECK_FIRST_MS = 3_000;
export const RECHECK_LAST_MS = 600_000;
/** The last moment that a date can name. */
const END_OF_TIME_MS = Date.UTC(9999, 11, 31);

/** The next look at a payment: the longer it waits since `sinceMs`, the rarer, so that a lasting reason costs little. */
export function nextLook(sinceMs: number, nowMs: number): number {
  return nowMs + Math.min(RECHECK_LAST_MS, Math.max(RECHECK_FIRST_MS, Math.floor((nowMs - sinceMs) / 4)));
}

/** When an authorisation is over. */
export function overAtMs({ validBefore }: Pick<Reservation, 'validBefore'>): number {
  return Number(validBefore < BigInt(END_OF_TIME_MS / 1_000) ? validBefore * 1_000n : END_OF_TIME_MS);
}

/** Closes reservations by what stands on the chain, and by nothing else. */
export class SettlementDesk {
  constructor(private readonly parts: DeskParts) {}

  /**
   * Asks the chain what became of an authorisation and stores the answer. Terminal are: its own transfer in a block;
   * a use for another transfer; a cancellation; its time over at a final block without use. `authorizationState`
   * alone would not do, it is also true after a cancellation. With `own` reverted the payment fails too: the relayer
   * does not pay for a second attempt. Otherwise the reservation stays open: `wait` lets the chain decide about it,
   * `keep` leaves it as it is, to be settled by its own transaction.
   */
  async askChain(
    reservation: Reservation,
    own: TransactionOutcome = 'unknown',
    open: 'wait' | 'keep' = 'wait',
  ): Promise<Reservation> {
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
      case 'dropped':
        return this.fail(reservation, reasons.transferDropped);
      case 'open':
        if (own === 'reverted') return this.fail(reservation, reasons.transactionFailed);
        return open === 'wait' ? this.leave(reservation) : reservation;
    }
  }

  /**
   * Asks the chain once more about a payment whose own transaction reverted: its calldata is public, and anybody may
   * have sent it since. Returns the reservation as it is then.
   */
  async recheck(reservation: Reservation): Promise<Reservation> {
    const fate = await this.parts.chain.fateOf(reservation);
    switch (fate.kind) {
      case 'paid':
        return this.settle(reservation, fate.transfer, settledBy(reservation, fate.transfer.transaction));
      case 'used-otherwise':
        return this.conclude(reservation, reasons.usedOtherwise);
      case 'canceled':
        return this.conclude(reservation, reasons.canceled);
      case 'expired':
        return this.conclude(reservation, reasons.validBefore);
      case 'dropped':
      case 'open':
        return reservation;
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
    const recheckAtMs = reason === reasons.transactionFailed ? overAtMs(reservation) : null;
    const settlement = unsettled(reservation, reason);
    const after = await store.fail(reservation.id, reason, settlement, nowMs(), recheckAtMs);
    metrics.payment('failed', reason);
    return after;
  }

  private conclude(reservation: Reservation, reason: string): Promise<Reservation> {
    const { store, nowMs } = this.parts;
    return store.conclude(reservation.id, reason, unsettled(reservation, reason), nowMs());
  }

  private async leave(reservation: Reservation): Promise<Reservation> {
    const { store, nowMs } = this.parts;
    await store.awaitChain(reservation.id, nowMs());
    return (await store.find(reservation.id)) ?? reservation;
  }
}

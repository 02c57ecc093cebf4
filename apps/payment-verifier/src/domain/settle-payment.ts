import { AppError } from '@touchstone/contracts';
import type { Payment } from './payment.js';
import type { Facilitator, PaymentMetrics, ReservationStore, SettleAttempt } from './ports.js';
import { reasons } from './reasons.js';
import type { Reservation, Settlement } from './reservation.js';
import { unsettled, type SettlementDesk } from './settlement-desk.js';

/** How a settlement stands. `pending` is finished by recovery and announced by an event. */
export interface SettleOutcome {
  readonly outcome: 'settled' | 'pending' | 'failed';
  readonly settlement: Settlement;
}

/** What {@link SettlePayment} uses. */
export interface SettleParts {
  readonly store: ReservationStore;
  readonly facilitator: Facilitator;
  readonly desk: SettlementDesk;
  readonly metrics: PaymentMetrics;
  readonly nowMs: () => number;
}

/** Refusals after which the chain is asked, because the authorisation may have been used or cancelled. */
const askChainAfter: ReadonlySet<string> = new Set([reasons.nonceAlreadyUsed, reasons.validBefore]);

/** Settles reserved payments, each at most once. */
export class SettlePayment {
  private readonly running = new Map<string, Promise<SettleOutcome>>();

  constructor(private readonly parts: SettleParts) {}

  /**
   * Settles one reservation. Calls at the same time join, in this process by a shared promise, across processes by
   * the row that holds the one transaction.
   *
   * @throws AppError `not-found`, `conflict` (another payment, or not reserved), `dependency-unavailable` (nothing
   * was signed, the same call may come again)
   */
  async settle(reservationId: string, payment: Payment): Promise<SettleOutcome> {
    const reservation = await this.parts.store.find(reservationId);
    if (reservation === undefined)
      throw new AppError('not-found', `There is no reservation ${reservationId}.`);
    // Whoever settles must show the payment he reserved: other requirements would be checked against other amounts.
    if (reservation.authorizationDigest !== payment.authorizationDigest || !sameKey(reservation, payment))
      throw new AppError('conflict', 'The payment is not the one that was reserved.');
    const stored = storedOutcome(reservation);
    if (stored !== undefined) return stored;
    if (reservation.state === 'released' || !reservation.verified)
      throw new AppError('conflict', `The reservation is ${reservation.state}; authorize the payment again.`);
    const running = this.running.get(reservationId);
    if (running !== undefined) return running;
    const work = this.measured(reservation, payment).finally(() => this.running.delete(reservationId));
    this.running.set(reservationId, work);
    return work;
  }

  private async measured(reservation: Reservation, payment: Payment): Promise<SettleOutcome> {
    const startedAt = performance.now();
    let outcome = 'error';
    try {
      const result = await this.run(reservation, payment);
      outcome = result.outcome;
      return result;
    } finally {
      this.parts.metrics.settled((performance.now() - startedAt) / 1_000, outcome);
    }
  }

  private async run(reservation: Reservation, payment: Payment): Promise<SettleOutcome> {
    const { facilitator, desk } = this.parts;
    if (reservation.state === 'settling' && reservation.transaction === null)
      return outcomeOf(await desk.askChain(reservation));
    const attempt = await facilitator.settle(reservation, payment);
    switch (attempt.kind) {
      case 'confirmed':
        return outcomeOf(await desk.settle(reservation, attempt.transfer, attempt.settlement));
      case 'pending':
        return pending({ ...reservation, transaction: attempt.transaction });
      case 'reverted':
        return this.ask({ ...reservation, transaction: attempt.transaction }, 'reverted');
      case 'refused':
        return this.refused(reservation, attempt);
    }
  }

  /** Once something was signed, a node that does not answer means pending, never failed. */
  private async ask(reservation: Reservation, own: 'reverted'): Promise<SettleOutcome> {
    try {
      return outcomeOf(await this.parts.desk.askChain(reservation, own));
    } catch (error) {
      if (error instanceof AppError && error.code === 'dependency-unavailable') return pending(reservation);
      throw error;
    }
  }

  private async refused(
    reservation: Reservation,
    { reason, message }: Extract<SettleAttempt, { kind: 'refused' }>,
  ): Promise<SettleOutcome> {
    const { store, desk, metrics, nowMs } = this.parts;
    if (askChainAfter.has(reason)) return outcomeOf(await desk.askChain(reservation));
    // Nothing was signed and the authorisation still holds (no funds, for example): the same request may try again.
    if (await store.release(reservation.id, reason, nowMs())) {
      metrics.payment('released', reason);
      return { outcome: 'failed', settlement: unsettled(reservation, reason, message) };
    }
    // Another process was faster; what it stored counts.
    return outcomeOf((await store.find(reservation.id)) ?? reservation);
  }
}

function sameKey(reservation: Reservation, payment: Payment): boolean {
  return (
    reservation.network === payment.network &&
    reservation.asset === payment.asset &&
    reservation.payer === payment.payer &&
    reservation.nonce === payment.nonce
  );
}

function pending(reservation: Reservation): SettleOutcome {
  return { outcome: 'pending', settlement: unsettled(reservation, reasons.settlementPending) };
}

function storedOutcome({ state, settlement }: Reservation): SettleOutcome | undefined {
  if (settlement === null || (state !== 'settled' && state !== 'failed')) return undefined;
  return { outcome: state, settlement };
}

function outcomeOf(reservation: Reservation): SettleOutcome {
  return storedOutcome(reservation) ?? pending(reservation);
}

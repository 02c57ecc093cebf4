import { AppError, type Charged } from '@touchstone/contracts';
import type { Payment } from './payment.js';
import type { Facilitator, PaymentMetrics, ReservationStore, SettleAttempt } from './ports.js';
import { paymentOf } from './read-payment.js';
import { chargedBy, reasons } from './reasons.js';
import { isTerminal, type Reservation, type Settlement } from './reservation.js';
import { nextLook, unsettled, type SettlementDesk } from './settlement-desk.js';

/** How a settlement stands. What is not settled or failed for good is finished by recovery and announced by an event. */
export type SettleOutcome =
  | { readonly outcome: 'settled' | 'pending'; readonly settlement: Settlement }
  | { readonly outcome: 'failed'; readonly settlement: Settlement; readonly charged: Charged }
  /** Nothing is signed, for want of a part: node, signer, or gas. The payment stays owed. */
  | { readonly outcome: 'unsent'; readonly error: AppError };

/** What {@link SettlePayment} uses. */
export interface SettleParts {
  readonly store: ReservationStore;
  readonly facilitator: Facilitator;
  readonly desk: SettlementDesk;
  readonly metrics: PaymentMetrics;
  readonly nowMs: () => number;
}

/** Settles reserved payments, each at most once. */
export class SettlePayment {
  private readonly running = new Map<string, Promise<SettleOutcome>>();

  constructor(private readonly parts: SettleParts) {}

  /**
   * Settles one reservation. Before anything is tried it is marked as owed, so that from then on nobody need ask
   * again. Calls at the same time join, in this process by a shared promise, across processes by the row that holds
   * the one transaction.
   *
   * @throws AppError `not-found`; `conflict` when the payment never verified or is not stored; `timeout` when nobody
   * can tell whether a transaction was signed; `dependency-unavailable` when the reservation cannot be read
   */
  async settle(reservationId: string): Promise<SettleOutcome> {
    const reservation = await this.owe(reservationId);
    if (isTerminal(reservation.state)) return outcomeOf(reservation);
    const { state, owedAtMs, authorization, transfer } = reservation;
    const isKept = authorization !== null || transfer !== null;
    if (!isKept && state === 'settling') return outcomeOf(reservation);
    if (!isKept || (owedAtMs === null && state !== 'settling'))
      throw new AppError('conflict', `The reservation is ${state}; authorize the payment again.`);
    const running = this.running.get(reservationId);
    if (running !== undefined) return running;
    const work = this.measured(reservation).finally(() => this.running.delete(reservationId));
    this.running.set(reservationId, work);
    return work;
  }

  /**
   * Settles for whoever shows the payment that he reserved: other requirements would be checked against other amounts.
   *
   * @throws AppError as {@link settle}; `conflict` for another payment
   */
  async settlePresented(reservationId: string, payment: Payment): Promise<SettleOutcome> {
    const reservation = await this.parts.store.find(reservationId);
    if (reservation?.authorizationDigest !== payment.authorizationDigest || !sameKey(reservation, payment))
      throw new AppError('conflict', 'The payment is not the one that was reserved.');
    return this.settle(reservationId);
  }

  private async owe(reservationId: string): Promise<Reservation> {
    const now = this.parts.nowMs();
    const reservation = await this.parts.store.owe(reservationId, now, nextLook(now, now));
    if (reservation === undefined)
      throw new AppError('not-found', `There is no reservation ${reservationId}.`);
    return reservation;
  }

  private async measured(reservation: Reservation): Promise<SettleOutcome> {
    const startedAt = performance.now();
    let outcome = 'error';
    try {
      const { authorization } = reservation;
      const result = await (authorization === null
        ? this.find(reservation)
        : this.run(reservation, paymentOf(authorization)));
      outcome = result.outcome;
      return result;
    } finally {
      this.parts.metrics.settled((performance.now() - startedAt) / 1_000, outcome);
    }
  }

  /** A direct transfer was made before it was asked for: the chain says whether it still stands, and nothing is sent. */
  private async find(reservation: Reservation): Promise<SettleOutcome> {
    try {
      return outcomeOf(await this.parts.desk.askChain(reservation));
    } catch (error) {
      return this.unsent(reservation, error);
    }
  }

  private async run(reservation: Reservation, payment: Payment): Promise<SettleOutcome> {
    const { facilitator, desk } = this.parts;
    if (reservation.state === 'settling' && reservation.transaction === null)
      return outcomeOf(await desk.askChain(reservation));
    let attempt: SettleAttempt;
    try {
      attempt = await facilitator.settle(reservation, payment);
    } catch (error) {
      return this.unsent(reservation, error);
    }
    switch (attempt.kind) {
      case 'confirmed':
        return outcomeOf(await desk.settle(reservation, attempt.transfer, attempt.settlement));
      case 'pending':
        return pending({ ...reservation, transaction: attempt.transaction });
      case 'reverted':
        return this.reverted({ ...reservation, transaction: attempt.transaction });
      case 'refused':
        return this.refused(reservation, attempt);
    }
  }

  /**
   * An attempt that failed signed nothing, unless its commit went through and only the word of it was lost. The row
   * tells, by the lock that such a commit would still hold; a row that cannot be read tells nothing.
   */
  private async unsent(reservation: Reservation, error: unknown): Promise<SettleOutcome> {
    if (!(error instanceof AppError)) throw error;
    const now = await this.owe(reservation.id).catch((cause: unknown) => {
      throw new AppError('timeout', 'Nobody can tell whether a transaction was signed.', { cause });
    });
    return now.state === 'reserved' ? { outcome: 'unsent', error } : outcomeOf(now);
  }

  /** Once something was signed, a node that does not answer means pending, never failed. */
  private async reverted(reservation: Reservation): Promise<SettleOutcome> {
    try {
      return outcomeOf(await this.parts.desk.askChain(reservation, 'reverted'));
    } catch (error) {
      if (error instanceof AppError && error.code === 'dependency-unavailable') return pending(reservation);
      throw error;
    }
  }

  /** Nothing was signed. Before anything is said about the money, the chain is asked: somebody else may have sent it. */
  private async refused(
    reservation: Reservation,
    { reason, message }: Extract<SettleAttempt, { kind: 'refused' }>,
  ): Promise<SettleOutcome> {
    const { desk, metrics } = this.parts;
    let after: Reservation;
    try {
      after = await desk.askChain(reservation, 'unknown', 'keep');
    } catch (error) {
      return this.unsent(reservation, error);
    }
    if (!isTerminal(after.state)) after = await this.owe(reservation.id);
    // Another process was faster; what it stored counts.
    if (after.state !== 'reserved') return outcomeOf(after);
    // Used in a block that may still be dropped: the chain tells soon, by this transfer or by the next look.
    if (reason === reasons.nonceAlreadyUsed) return pending(after);
    metrics.payment('owed', reason);
    return { outcome: 'failed', settlement: unsettled(after, reason, message), charged: 'unknown' };
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

function outcomeOf(reservation: Reservation): SettleOutcome {
  const { state, settlement, reason } = reservation;
  if (settlement === null || !isTerminal(state)) return pending(reservation);
  if (state === 'settled') return { outcome: 'settled', settlement };
  return { outcome: 'failed', settlement, charged: chargedBy(reason ?? '') };
}

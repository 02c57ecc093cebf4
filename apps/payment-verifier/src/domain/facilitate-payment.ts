import { AppError } from '@touchstone/contracts';
import type { PaymentDesk } from './payment-desk.js';
import type { Payment } from './payment.js';
import type { Facilitator, ReservationStore, SettleableKinds } from './ports.js';
import { digestOfPayment } from './read-payment.js';
import { reasons } from './reasons.js';
import { isTerminal, type Reservation, type Settlement } from './reservation.js';

/** The answer of the facilitator API's `/verify`. */
export interface VerifyAnswer {
  readonly isValid: boolean;
  readonly invalidReason?: string;
  readonly invalidMessage?: string;
  readonly payer?: string;
}

/** What {@link FacilitatePayment} uses. */
export interface FacilitateParts {
  readonly desk: PaymentDesk;
  readonly store: ReservationStore;
  readonly facilitator: Facilitator & SettleableKinds;
}

/**
 * The x402 facilitator API for third parties. It shares the table of reservations with the gateway, so that a payment
 * which one of them holds cannot be used through the other, and a replay never settles twice.
 */
export class FacilitatePayment {
  constructor(private readonly parts: FacilitateParts) {}

  /** What can be settled here. @throws AppError `dependency-unavailable` */
  supported(): Promise<Record<string, unknown>> {
    return this.parts.facilitator.supported();
  }

  /** The payment of a reservation. @throws AppError `not-found` */
  async payment(reservationId: string): Promise<Reservation> {
    const reservation = await this.parts.store.find(reservationId);
    if (reservation) return reservation;
    throw new AppError('not-found', `There is no reservation ${reservationId}.`);
  }

  /** Says whether a payment would settle now; reserves nothing. @throws AppError `dependency-unavailable`, `rate-limited` */
  async verify(payment: Payment): Promise<VerifyAnswer> {
    const { desk, store, facilitator } = this.parts;
    const { payer } = payment;
    // The signature first: what is stored about a payment is told only to somebody who holds it.
    if ((await desk.signatures.signedBy(payment)) === 'nobody')
      return { isValid: false, invalidReason: reasons.signature, payer };
    const known = await store.findByKey(payment);
    if (known?.verified === true) {
      if (known.requestDigest !== digestOfPayment(payment))
        return { isValid: false, invalidReason: reasons.boundToOtherRequest, payer };
      if (isTerminal(known.state))
        return { isValid: false, invalidReason: known.reason ?? reasons.nonceAlreadyUsed, payer };
    }
    const verdict = await facilitator.verify(payment);
    if (verdict.valid) return { isValid: true, payer };
    const { reason, message } = verdict;
    return {
      isValid: false,
      invalidReason: reason,
      ...(message === undefined ? {} : { invalidMessage: message }),
      payer,
    };
  }

  /** Reserves and settles at once. @throws AppError `dependency-unavailable`, `rate-limited` */
  async settle(payment: Payment): Promise<Settlement> {
    const { desk } = this.parts;
    const claim = await desk.authorizing.authorize(payment, digestOfPayment(payment));
    switch (claim.outcome) {
      case 'reserved':
        return this.settled(claim.reservation.id, payment);
      case 'settled':
        return claim.settlement;
      case 'in-flight': {
        const { verified, state, transaction } = claim.reservation;
        if (verified && (state === 'settling' || state === 'reserved'))
          return this.settled(claim.reservation.id, payment);
        return refused(payment, reasons.settlementPending, transaction ?? '');
      }
      case 'bound-to-other-request':
        return refused(payment, reasons.boundToOtherRequest);
      case 'invalid':
        return refused(payment, claim.reason, '', claim.message);
    }
  }

  private async settled(reservationId: string, payment: Payment): Promise<Settlement> {
    const result = await this.parts.desk.settling.settlePresented(reservationId, payment);
    if (result.outcome === 'unsent') throw result.error;
    return result.settlement;
  }
}

/** A settle response for a payment that is not settled now. */
export function refused(
  payment: Pick<Payment, 'network' | 'payer'>,
  reason: string,
  transaction = '',
  message?: string,
): Settlement {
  return {
    success: false,
    errorReason: reason,
    ...(message === undefined ? {} : { errorMessage: message }),
    transaction,
    network: payment.network,
    payer: payment.payer,
  };
}

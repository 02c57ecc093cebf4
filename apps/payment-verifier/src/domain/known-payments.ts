import { AppError, type Charged } from '@touchstone/contracts';
import type { PaymentMetrics } from './ports.js';
import { chargedBy, undoableReasons } from './reasons.js';
import { OTHER_REQUESTS_MAX, type ClaimDecision, type Reservation, type Settlement } from './reservation.js';
import type { SettlementDesk } from './settlement-desk.js';

/** What a request gets for its payment. */
export type AuthorizeOutcome =
  | { readonly outcome: 'reserved'; readonly reservation: Reservation }
  | {
      readonly outcome: 'settled';
      readonly reservation: Reservation;
      readonly settlement: Settlement;
      /** So many other requests came with this payment that somebody seems to guess what it was made for. */
      readonly guessed: boolean;
    }
  | { readonly outcome: 'in-flight'; readonly reservation: Reservation; readonly retryAfterSeconds: number }
  | { readonly outcome: 'bound-to-other-request' }
  | {
      readonly outcome: 'invalid';
      readonly reason: string;
      readonly message?: string;
      readonly charged: Charged;
    };

/** A refusal, with what is known about the money. */
export const invalid = (reason: string, charged: Charged, message?: string): AuthorizeOutcome => ({
  outcome: 'invalid',
  reason,
  ...(message === undefined ? {} : { message }),
  charged,
});

/** Tells a request what it gets for a payment that is known already. */
export class KnownPayments {
  constructor(private readonly parts: { readonly desk: SettlementDesk; readonly metrics: PaymentMetrics }) {}

  /** @throws AppError `rate-limited` for one of too many other requests; `dependency-unavailable` */
  async tell(
    reservation: Reservation,
    decision: Exclude<ClaimDecision, { kind: 'take' }>,
  ): Promise<AuthorizeOutcome> {
    this.parts.metrics.replayBlocked(decision.kind);
    switch (decision.kind) {
      case 'bound':
        if (reservation.otherRequests > OTHER_REQUESTS_MAX)
          throw new AppError('rate-limited', 'Too many other requests came with this payment.');
        return { outcome: 'bound-to-other-request' };
      case 'dead':
        return closed(await this.lastLook(reservation));
      case 'owed':
        return { outcome: 'reserved', reservation };
      case 'in-flight':
        return { outcome: 'in-flight', reservation, retryAfterSeconds: decision.retryAfterSeconds };
      case 'settled':
        return closed(reservation);
    }
  }

  /** After its own transaction reverted, a payment may have been sent by anybody else since. */
  private async lastLook(reservation: Reservation): Promise<Reservation> {
    if (!undoableReasons.includes(reservation.reason ?? '')) return reservation;
    return this.parts.desk.recheck(reservation);
  }
}

/** What a request gets for a payment that is settled or failed. */
export function closed(reservation: Reservation): AuthorizeOutcome {
  const { state, reason, settlement, otherRequests } = reservation;
  if (state !== 'settled')
    return invalid(reason ?? 'failed', chargedBy(reason ?? ''), 'This payment failed before.');
  if (settlement === null) throw new Error('A settled reservation has lost its settlement.');
  return { outcome: 'settled', reservation, settlement, guessed: otherRequests >= OTHER_REQUESTS_MAX };
}

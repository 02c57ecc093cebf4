import { AppError } from '@touchstone/contracts';
import type { CheckSignature } from './check-signature.js';
import type { Payment } from './payment.js';
import type { Facilitator, PaymentMetrics, ReservationStore, SettlementChain, Verdict } from './ports.js';
import { reasons } from './reasons.js';
import {
  decideClaim,
  IN_FLIGHT_RETRY_SECONDS,
  type ClaimDecision,
  type Reservation,
  type Settlement,
} from './reservation.js';
import type { SettlementDesk } from './settlement-desk.js';

/** What a request gets for its payment. */
export type AuthorizeOutcome =
  | { readonly outcome: 'reserved'; readonly reservation: Reservation }
  | { readonly outcome: 'settled'; readonly reservation: Reservation; readonly settlement: Settlement }
  | { readonly outcome: 'in-flight'; readonly reservation: Reservation; readonly retryAfterSeconds: number }
  | { readonly outcome: 'bound-to-other-request' }
  | { readonly outcome: 'invalid'; readonly reason: string; readonly message?: string };

/** What {@link AuthorizePayment} uses. */
export interface AuthorizeParts {
  readonly store: ReservationStore;
  readonly chain: SettlementChain;
  readonly facilitator: Facilitator;
  readonly signatures: Pick<CheckSignature, 'admit'>;
  readonly desk: SettlementDesk;
  readonly metrics: PaymentMetrics;
  readonly nowMs: () => number;
  readonly newId: () => string;
  /** Milliseconds that a request may hold a payment before a retry may take over. */
  readonly leaseMs: number;
}

const invalid = (reason: string, message?: string): AuthorizeOutcome => ({
  outcome: 'invalid',
  reason,
  ...(message === undefined ? {} : { message }),
});

/**
 * Reserves a payment for one request. The order is signature, insert, verification, because
 *
 * - inserting before anything is checked would let anybody burn the nonce of a payer whose address and nonce he
 *   guessed or saw: only the payer can make a signature over this nonce, and checking it costs no request to the node
 *   for a plain account;
 * - verifying everything before the insert would let racing copies all verify, each with several requests to the node,
 *   and all but one for nothing; the unique key picks the winner first;
 * - a claim that then does not verify (no funds, expired, cancelled) is forgotten unless it verified before, so that
 *   the payer may come again with the same nonce. Until a claim verified, nothing was handed out for it.
 */
export class AuthorizePayment {
  constructor(private readonly parts: AuthorizeParts) {}

  /**
   * @throws AppError `dependency-unavailable` when node or database do not answer, `rate-limited` when too much is asked
   * about signatures of contract wallets; nothing is held then
   */
  async authorize(payment: Payment, requestDigest: string): Promise<AuthorizeOutcome> {
    const { chain, store, nowMs, leaseMs, newId, signatures } = this.parts;
    if (!(await signatures.admit(payment))) return invalid(reasons.signature, 'The payer did not sign this.');
    const fromBlock = await chain.recentBlock();
    const now = nowMs();
    const leaseUntilMs = now + leaseMs;
    const claim = await store.claim(
      { id: newId(), payment, requestDigest, leaseUntilMs, nowMs: now, fromBlock },
      (existing) => decideClaim(existing, { requestDigest, nowMs: now }),
    );
    if (!claim.taken) return this.known(claim.reservation, claim.decision);
    return this.verify(payment, claim.reservation);
  }

  private known(
    reservation: Reservation,
    decision: Exclude<ClaimDecision, { kind: 'take' }>,
  ): AuthorizeOutcome {
    this.parts.metrics.replayBlocked(decision.kind);
    switch (decision.kind) {
      case 'bound':
        return { outcome: 'bound-to-other-request' };
      case 'dead':
        return invalid(decision.reason, 'This payment can no longer succeed.');
      case 'in-flight':
        return { outcome: 'in-flight', reservation, retryAfterSeconds: decision.retryAfterSeconds };
      case 'settled':
        if (reservation.settlement === null)
          throw new Error('A settled reservation has lost its settlement.');
        return { outcome: 'settled', reservation, settlement: reservation.settlement };
    }
  }

  private async verify(payment: Payment, claimed: Reservation): Promise<AuthorizeOutcome> {
    const { store, nowMs } = this.parts;
    let verdict: Verdict;
    try {
      verdict = await this.measured(payment);
    } catch (error) {
      await store.reject(claimed.id, claimed.leaseUntilMs, 'verification-unavailable', nowMs());
      throw error;
    }
    if (!verdict.valid) return this.refuse(claimed, verdict);
    if (!(await store.confirm(claimed.id, claimed.leaseUntilMs, nowMs())))
      throw new AppError('payment-in-flight', 'The verification outlasted the lease; ask again.', {
        retryAfterSeconds: IN_FLIGHT_RETRY_SECONDS,
      });
    this.parts.metrics.payment('reserved', 'none');
    return { outcome: 'reserved', reservation: { ...claimed, verified: true } };
  }

  private async measured(payment: Payment): Promise<Verdict> {
    const startedAt = performance.now();
    let outcome = 'error';
    try {
      const verdict = await this.parts.facilitator.verify(payment);
      outcome = verdict.valid ? 'valid' : 'invalid';
      return verdict;
    } finally {
      this.parts.metrics.verified((performance.now() - startedAt) / 1_000, outcome);
    }
  }

  /**
   * A payment that verified before and whose nonce is now used may have been sent by somebody else: then it is paid,
   * and the request goes on to collect that. Asked for the first time, a used nonce is refused: it paid something else.
   */
  private async refuse(
    claimed: Reservation,
    verdict: Extract<Verdict, { valid: false }>,
  ): Promise<AuthorizeOutcome> {
    const { store, desk, metrics, nowMs } = this.parts;
    metrics.payment('invalid', verdict.reason);
    if (claimed.verified && verdict.reason === reasons.nonceAlreadyUsed) {
      const reservation = await desk.askChain(claimed);
      if (reservation.state === 'settled') return { outcome: 'reserved', reservation };
      if (reservation.state === 'failed') return invalid(reservation.reason ?? verdict.reason);
      return { outcome: 'in-flight', reservation, retryAfterSeconds: IN_FLIGHT_RETRY_SECONDS };
    }
    await store.reject(claimed.id, claimed.leaseUntilMs, verdict.reason, nowMs());
    return invalid(verdict.reason, verdict.message);
  }
}

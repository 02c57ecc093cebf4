import { AppError, type Charged } from '@touchstone/contracts';
import type { CheckSignature } from './check-signature.js';
import type { Payment } from './payment.js';
import type { Facilitator, PaymentMetrics, ReservationStore, SettlementChain, Verdict } from './ports.js';
import { closed, invalid, type AuthorizeOutcome, type KnownPayments } from './known-payments.js';
import { chainReasons, reasons } from './reasons.js';
import { decideClaim, IN_FLIGHT_RETRY_SECONDS, isTerminal, type Reservation } from './reservation.js';
import type { SettlementDesk } from './settlement-desk.js';

/** What {@link AuthorizePayment} uses. */
export interface AuthorizeParts {
  readonly store: ReservationStore;
  readonly chain: SettlementChain;
  readonly facilitator: Facilitator;
  readonly signatures: Pick<CheckSignature, 'admit'>;
  readonly desk: SettlementDesk;
  readonly known: KnownPayments;
  readonly metrics: PaymentMetrics;
  readonly nowMs: () => number;
  readonly newId: () => string;
  /** Milliseconds that a request may hold a payment before a retry may take over. */
  readonly leaseMs: number;
  /** Seconds that an authorisation must hold when it comes first: run and settlement lie before its end. 0: any. */
  readonly validityMinSeconds: number;
}

/** Blocks before its claim in which the use of an authorisation is looked for that is refused at first sight. */
export const FIRST_SIGHT_BLOCKS = 2_000n;

type Refusal = Omit<Extract<Verdict, { valid: false }>, 'valid'>;

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
   * @throws AppError `dependency-unavailable` when node or database do not answer; nothing is held then. `rate-limited`
   * when too much is asked about signatures of contract wallets, and for a request that the payment does not belong
   * to, after {@link OTHER_REQUESTS_MAX} of them
   */
  async authorize(payment: Payment, requestDigest: string): Promise<AuthorizeOutcome> {
    const { chain, store, nowMs, leaseMs, newId, signatures } = this.parts;
    if (!(await signatures.admit(payment)))
      return invalid(reasons.signature, 'no', 'The payer did not sign this.');
    const fromBlock = await chain.recentBlock();
    const now = nowMs();
    const leaseUntilMs = now + leaseMs;
    let wasGivenBack = false;
    const claim = await store.claim(
      { id: newId(), payment, requestDigest, leaseUntilMs, nowMs: now, fromBlock },
      (existing) => {
        wasGivenBack = existing.state === 'released' && existing.verified;
        return decideClaim(existing, { requestDigest, nowMs: now });
      },
    );
    const { reservation } = claim;
    if (!claim.taken) return this.parts.known.tell(reservation, claim.decision);
    // A job's is given back when it is taken. What may have changed since, the chain, is asked before anything is sent for it.
    const isKnown = wasGivenBack && this.parts.facilitator.isVerified(payment);
    return isKnown ? this.reserved(reservation) : this.verify(payment, reservation);
  }

  private async verify(payment: Payment, claimed: Reservation): Promise<AuthorizeOutcome> {
    const { store, nowMs } = this.parts;
    let refusal: Refusal | undefined;
    try {
      refusal = (claimed.verified ? undefined : this.tooShort(payment)) ?? (await this.measured(payment));
      if (refusal !== undefined) return await this.refuse(claimed, refusal);
    } catch (error) {
      await store.reject(claimed.id, claimed.leaseUntilMs, 'verification-unavailable', nowMs());
      throw error;
    }
    if (!(await store.confirm(claimed.id, claimed.leaseUntilMs, nowMs())))
      throw new AppError('payment-in-flight', 'The verification outlasted the lease; ask again.', {
        retryAfterSeconds: IN_FLIGHT_RETRY_SECONDS,
      });
    return this.reserved({ ...claimed, verified: true });
  }

  private reserved(reservation: Reservation): AuthorizeOutcome {
    this.parts.metrics.payment('reserved', 'none');
    return { outcome: 'reserved', reservation };
  }

  /** An authorisation that ends while the model runs would have it run for nothing. */
  private tooShort({ validBefore }: Payment): Refusal | undefined {
    const { validityMinSeconds, nowMs } = this.parts;
    const leftSeconds = validBefore - BigInt(Math.floor(nowMs() / 1_000));
    if (validityMinSeconds === 0 || leftSeconds >= BigInt(validityMinSeconds)) return undefined;
    const left = leftSeconds > 0n ? `holds for ${leftSeconds} s more` : 'is over';
    const advice = `at least ${validityMinSeconds} s are needed to run and settle; sign one that holds longer`;
    return { reason: reasons.validBefore, message: `The authorisation ${left}, ${advice}.` };
  }

  private async measured(payment: Payment): Promise<Refusal | undefined> {
    const startedAt = performance.now();
    let outcome = 'error';
    try {
      const verdict = await this.parts.facilitator.verify(payment);
      outcome = verdict.valid ? 'valid' : 'invalid';
      return verdict.valid ? undefined : verdict;
    } finally {
      this.parts.metrics.verified((performance.now() - startedAt) / 1_000, outcome);
    }
  }

  /**
   * A payment that verified before may have been sent by somebody else meanwhile, whatever the official verification
   * names first: the chain is asked before anything is said about the money. Where it was used, cancelled or is over,
   * the chain goes on being asked; where only the funds are missing, the same request may try again.
   */
  private async refuse(claimed: Reservation, { reason, message }: Refusal): Promise<AuthorizeOutcome> {
    const { store, desk, metrics, nowMs } = this.parts;
    metrics.payment('invalid', reason);
    if (!claimed.verified) {
      const charged = await this.chargedAtFirstSight(claimed, reason);
      const held = await store.reject(claimed.id, claimed.leaseUntilMs, reason, nowMs());
      // Whoever took over after the lease ran out may have been charged for it since.
      return invalid(reason, held ? charged : 'unknown', message);
    }
    const decides = reason === reasons.nonceAlreadyUsed || reason === reasons.validBefore;
    const after = await desk.askChain(claimed, 'unknown', decides ? 'wait' : 'keep');
    if (isTerminal(after.state)) return closed(after);
    if (decides)
      return { outcome: 'in-flight', reservation: after, retryAfterSeconds: IN_FLIGHT_RETRY_SECONDS };
    await store.reject(claimed.id, claimed.leaseUntilMs, reason, nowMs());
    return invalid(reason, 'unknown', message);
  }

  /** What was never taken here was never charged here; but its nonce may have paid something else. */
  private async chargedAtFirstSight(claimed: Reservation, reason: string): Promise<Charged> {
    if (reason === reasons.nonceAlreadyUsed) return 'elsewhere';
    if (!chainReasons.has(reason)) return 'no';
    const { fromBlock } = claimed;
    const earlier = fromBlock > FIRST_SIGHT_BLOCKS ? fromBlock - FIRST_SIGHT_BLOCKS : 0n;
    const { kind } = await this.parts.chain.fateOf({ ...claimed, fromBlock: earlier });
    return kind === 'paid' || kind === 'used-otherwise' ? 'elsewhere' : 'no';
  }
}

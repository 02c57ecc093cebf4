import { AppError, shortText, type PaymentReference, type RequestParts } from '@touchstone/contracts';
import { requestDigest } from '@touchstone/evidence';
import type { Discovery } from './discovery.js';
import { earlierRequirements, mismatchOf } from './agreed-requirements.js';
import { keepLease } from './keep-lease.js';
import { PaymentChallenge } from './payment-challenge.js';
import {
  codeOf,
  endOfPayment,
  filled,
  readable,
  soughtBy,
  transferQueued,
  type PresentedPayment,
  type Wanted,
} from './presented-payment.js';
import type {
  PaymentPort,
  PaymentReader,
  PaymentRequirements,
  PaymentTerms,
  Settlement,
  TransferOutcome,
} from './payment.js';
import type { Reply } from './reply.js';
import type { StoredAnswer, StoredAnswers } from './stored-answer.js';
import {
  reasonOf,
  stepAfterAuthorize,
  tellAfterSettle,
  type Refusal,
  type SettleResult,
} from './tell-caller.js';
import {
  askedOf,
  isTransfer,
  TRANSFER_HEADER,
  type PaymentHeader,
  type Presented,
  type Transfers,
} from './transfers.js';

/** Longest reason that travels with a release. */
export const PAYMENT_REASON_CHARACTERS_MAX = 256;

/** Why the payment of a request is given back that is answered later. */
const QUEUED = 'queued';

/** Where things go that must be seen and do not stop the answer. */
export interface PaymentWarnings {
  releaseFailed(reservationId: string, error: unknown): void;
  renewalFailed(reservationId: string, error: unknown): void;
  settleUnknown(reservationId: string, error: unknown): void;
}

/** What {@link PaidRequests} needs. */
export interface PaidRequestsParts {
  readonly terms: PaymentTerms;
  readonly payments: PaymentPort;
  readonly reader: PaymentReader;
  readonly answers: Pick<StoredAnswers, 'findByPayment' | 'findByReservation' | 'settle' | 'failPayment'>;
  /** Undefined where no transfers are taken. */
  readonly transfers?: Transfers;
  /** The absolute URL of a request target. */
  readonly urlOf: (target: string) => string;
  readonly warnings: PaymentWarnings;
}

/** A request of which everything but the payment has been checked, and how its answer is made. */
export interface PaidWork {
  readonly requirements: PaymentRequirements;
  readonly description: string;
  /** How such a request looks, for catalogues. */
  readonly discovery?: Discovery | undefined;
  /** What the payment is bound to. */
  readonly requestParts: RequestParts;
  /** Makes the answer and stores it. */
  readonly make: (reservationId: string, payment: PaymentReference) => Promise<StoredAnswer>;
}

interface PaidRequest {
  readonly presented: Presented;
  readonly wanted: Wanted;
  /** What makes the answer; undefined when it was stored earlier. */
  readonly make: PaidWork['make'] | undefined;
}

/** A request that brings a payment, before what it is for is looked up. */
export interface PaidCall {
  readonly description: string;
  readonly target: string;
  readonly presented: PresentedPayment;
  /** What a payment is bound to, for a model version; undefined when it cannot be recorded in evidence. */
  readonly partsFor: (modelVersionId: string) => RequestParts | undefined;
}

/**
 * The paid way of a request: reserve, make, store, settle, answer. The answer is stored before any money moves and
 * given out after it moved, so a crash in between loses neither; a reservation belongs to one request for ever, so
 * the same payment never makes a second answer for another request.
 */
export class PaidRequests {
  constructor(private readonly parts: PaidRequestsParts) {}

  /** Reads a payment header; what is wrong with it is told once it is known what was wanted. */
  present(header: PaymentHeader): PresentedPayment {
    const { reader, transfers } = this.parts;
    try {
      if (typeof header === 'string') return { payment: reader.read(header) };
      if (transfers !== undefined) return { payment: transfers.read(header.transferClaim) };
      throw new AppError('payment-malformed', `The header ${TRANSFER_HEADER} is not taken here.`);
    } catch (error) {
      return { error };
    }
  }

  /**
   * Goes on with a request whose answer was stored earlier, whatever became of its model, its price and the address to
   * pay to since: what was paid for is given. The payment-verifier looks at the signature before anything is given out.
   *
   * @returns undefined when no answer is stored for this payment and this request
   */
  async resume({ description, target, presented, partsFor }: PaidCall): Promise<Reply | undefined> {
    const { answers, terms, urlOf } = this.parts;
    const { payment } = presented;
    if (payment === undefined) return undefined;
    for (const stored of await answers.findByPayment(soughtBy(payment))) {
      const parts = partsFor(stored.modelVersionId);
      if (parts === undefined || requestDigest(parts) !== stored.requestDigest) continue;
      const requirements = earlierRequirements(stored.payment, terms);
      if (this.mismatchOf(payment, requirements) !== undefined) continue;
      const authorized = await this.authorize(payment, requirements, stored.requestDigest);
      const isHeld = authorized.outcome === 'reserved' || authorized.outcome === 'settled';
      // A payment-verifier that lost its reservations began a new one; this answer belongs to the old one.
      if (isHeld && authorized.reservationId !== stored.reservationId) {
        await this.release(authorized.reservationId, codeOf(undefined));
        return undefined;
      }
      const resource = { url: urlOf(target), description };
      const wanted = { requirements, resource, transfer: this.parts.transfers?.offer(stored.requestDigest) };
      return this.answer({ presented: payment, wanted, make: undefined }, authorized, stored);
    }
    return undefined;
  }

  /** @throws AppError; a PaymentChallenge when nothing or the wrong thing was paid */
  async take(work: PaidWork, presented: PresentedPayment | undefined): Promise<Reply> {
    const paid = this.fitting(work, presented);
    const { requirements, requestParts } = work;
    return this.answer(paid, await this.authorize(paid.presented, requirements, requestDigest(requestParts)));
  }

  /**
   * Reserves a payment for a request that is answered later, and gives its lease back at once: the
   * payment belongs to the request for ever, and {@link take} holds it again when the answer is made.
   *
   * @param keep stores the request; `validBefore` are Unix seconds as a decimal string
   * @throws AppError; a PaymentChallenge when nothing or the wrong thing was paid
   */
  async queue<T>(
    work: PaidWork,
    presented: PresentedPayment | undefined,
    keep: (validBefore: string) => Promise<T>,
  ): Promise<T> {
    const paid = this.fitting(work, presented);
    const payment = paid.presented;
    if (isTransfer(payment)) throw transferQueued();
    const { payments } = this.parts;
    const authorized = await payments.authorize(payment, work.requirements, requestDigest(work.requestParts));
    const step = stepAfterAuthorize(authorized, { answer: undefined, model: true }, endOfPayment(paid));
    if (step.kind === 'refuse') throw this.refusal(step, paid);
    // It is given back whether the request can be kept or not, so neither waits for the other.
    const released = authorized.outcome === 'reserved' && this.release(authorized.reservationId, QUEUED);
    try {
      return await keep(payment.payload.authorization.validBefore);
    } finally {
      await released;
    }
  }

  /** A payment that fits what is asked for, as far as its form tells. */
  private fitting(work: PaidWork, presented: PresentedPayment | undefined): PaidRequest {
    const { requirements, description, requestParts, make, discovery } = work;
    const digest = requestDigest(requestParts);
    const resource = { url: this.parts.urlOf(requestParts.target), description };
    const transfer = this.parts.transfers?.offer(digest);
    const wanted = { requirements, resource, transfer, discovery };
    if (presented === undefined) {
      const price = `${requirements.amount} atomic units of ${requirements.asset} on ${requirements.network}`;
      const message = `The answer costs ${price}; send the payment in PAYMENT-SIGNATURE.`;
      const reason = 'PAYMENT-SIGNATURE header is required';
      throw new PaymentChallenge('payment-required', message, { ...wanted, reason });
    }
    const payment = readable(presented, wanted);
    const reason = this.mismatchOf(payment, requirements);
    if (reason !== undefined) {
      const message = `The payment does not fit what is asked for (${reason}); it is not taken.`;
      throw new PaymentChallenge('payment-invalid', message, { ...wanted, reason });
    }
    return { presented: payment, wanted, make };
  }

  /** Of a transfer the payment-verifier says what does not fit, since it stands on the chain. */
  private mismatchOf(payment: Presented, requirements: PaymentRequirements): string | undefined {
    return isTransfer(payment) ? undefined : mismatchOf(this.parts.reader, payment, requirements);
  }

  private authorize(
    payment: Presented,
    requirements: PaymentRequirements,
    digest: string,
  ): Promise<TransferOutcome> {
    const { payments } = this.parts;
    return isTransfer(payment)
      ? payments.authorizeTransfer(payment, askedOf(requirements), digest)
      : payments.authorize(payment, requirements, digest);
  }

  /** @param found the stored answer, where it was found before the payment-verifier was asked */
  private async answer(paid: PaidRequest, authorized: TransferOutcome, found?: StoredAnswer): Promise<Reply> {
    const held =
      authorized.outcome === 'reserved' || authorized.outcome === 'settled' ? authorized : undefined;
    const stored = held && (found ?? (await this.parts.answers.findByReservation(held.reservationId)));
    const atHand = { answer: stored, model: paid.make !== undefined };
    const step = stepAfterAuthorize(authorized, atHand, endOfPayment(paid));
    if (step.kind === 'refuse' || held === undefined) throw this.refusal(step as Refusal, paid);
    const { reservationId, payment } = held;
    const made = async () => stored ?? this.make(paid.make as PaidWork['make'], reservationId, payment);
    if (held.outcome === 'settled') {
      const answer = await made();
      return this.handOut(answer, held.settlement, stored !== undefined);
    }
    return keepLease(
      this.parts.payments,
      reservationId,
      async () => this.settle(paid, await made()),
      (error) => this.parts.warnings.renewalFailed(reservationId, error),
    );
  }

  private async settle(paid: PaidRequest, stored: StoredAnswer): Promise<Reply> {
    const { reservationId, verificationId } = stored;
    const result = await this.ask(reservationId);
    const settlement = 'settlement' in result ? filled(result.settlement) : undefined;
    if (result.outcome === 'failed' && result.charged !== 'unknown') {
      const reason = shortText(reasonOf(result.settlement), PAYMENT_REASON_CHARACTERS_MAX);
      await this.parts.answers.failPayment(reservationId, reason);
    }
    const told = tellAfterSettle(result, endOfPayment(paid));
    switch (told.kind) {
      case 'answer':
        return this.handOut(stored, settlement ?? {}, false);
      case 'wait':
        return { kind: 'pending', verificationId, settlement, message: told.message };
      case 'refuse':
        throw this.refusal(told, paid, settlement);
    }
  }

  /** Marks the answer as given before it is given: the process may end in between. */
  private async handOut(stored: StoredAnswer, settlement: Settlement, replayed: boolean): Promise<Reply> {
    if (!stored.handedOut || stored.state !== 'settled')
      await this.parts.answers.settle(stored.reservationId, settlement, true);
    return { kind: 'answered', body: stored.body, settlement, replayed };
  }

  private async make(
    make: PaidWork['make'],
    reservationId: string,
    payment: PaymentReference,
  ): Promise<StoredAnswer> {
    try {
      return await make(reservationId, payment);
    } catch (error) {
      await this.release(reservationId, codeOf(error));
      throw error;
    }
  }

  /** A reservation that cannot be given back runs out by itself, so this never hides the first error. */
  private async release(reservationId: string, reason: string): Promise<void> {
    try {
      await this.parts.payments.release(reservationId, reason);
    } catch (failure) {
      this.parts.warnings.releaseFailed(reservationId, failure);
    }
  }

  /** A settlement that nobody confirms may have happened: it is not known, never failed. */
  private async ask(reservationId: string): Promise<SettleResult> {
    try {
      return await this.parts.payments.settle(reservationId);
    } catch (error) {
      this.parts.warnings.settleUnknown(reservationId, error);
      return { outcome: error instanceof AppError && error.code !== 'timeout' ? 'not-taken' : 'silence' };
    }
  }

  private refusal(
    { code, message, reason, legacyCode, retryAfterSeconds }: Refusal,
    { wanted }: PaidRequest,
    settlement?: Settlement,
  ): AppError {
    if (code === 'payment-invalid' && reason !== undefined) {
      const short = shortText(reason, PAYMENT_REASON_CHARACTERS_MAX);
      return new PaymentChallenge(code, message, { ...wanted, reason: short, settlement }, { legacyCode });
    }
    return new AppError(code, message, {
      ...(legacyCode === undefined ? {} : { legacyCode }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
}

import { AppError, shortText, type AuthorizationPayment } from '@touchstone/contracts';
import { requestDigest } from '@touchstone/evidence';
import { answerBytes, eventDraft, type AnswerLinks } from '../inference/answer.js';
import type { ModelExecutor, PreparedRequest } from '../inference/execute-model.js';
import type { InferReply } from '../inference/infer-model.js';
import { verificationOf } from '../inference/verification-of.js';
import type { StoredAnswer, VerificationStore } from '../inference/verification.js';
import { agreedRequirements } from './agreed-requirements.js';
import { keepLease } from './keep-lease.js';
import { PaymentChallenge, type PaidResource } from './payment-challenge.js';
import {
  requirementsFor,
  SETTLEMENT_RETRY_AFTER_SECONDS,
  type AuthorizeOutcome,
  type PaymentPayload,
  type PaymentPort,
  type PaymentReader,
  type PaymentRequirements,
  type PaymentTerms,
  type SettleOutcome,
  type Settlement,
} from './payment.js';

/** Longest reason that travels with a release. */
export const PAYMENT_REASON_CHARACTERS_MAX = 256;

/** Where things go that must be seen and do not stop the answer. */
export interface PaymentWarnings {
  releaseFailed(reservationId: string, error: unknown): void;
  renewalFailed(reservationId: string, error: unknown): void;
  settleUnknown(reservationId: string, error: unknown): void;
}

/** What {@link PaidInference} needs. */
export interface PaidInferenceParts {
  readonly terms: PaymentTerms;
  readonly payments: PaymentPort;
  readonly reader: PaymentReader;
  readonly executor: ModelExecutor;
  readonly verifications: VerificationStore;
  readonly links: AnswerLinks;
  /** The absolute URL of a request target. */
  readonly urlOf: (target: string) => string;
  readonly warnings: PaymentWarnings;
  readonly nowMs: () => number;
}

interface PaidRequest {
  readonly request: PreparedRequest;
  readonly payload: PaymentPayload;
  readonly requirements: PaymentRequirements;
}

/**
 * The paid way of a request: reserve, run, store, settle, answer. The answer is stored before any money moves and
 * given out after it moved, so a crash in between loses neither; a reservation belongs to one request for ever, so
 * the same payment never runs a model twice for another request.
 */
export class PaidInference {
  constructor(private readonly parts: PaidInferenceParts) {}

  /** @throws AppError; a PaymentChallenge when nothing or the wrong thing was paid */
  async infer(request: PreparedRequest, header: string | undefined): Promise<InferReply> {
    const current = requirementsFor(request.model, this.parts.terms);
    if (header === undefined) {
      const price = `${current.amount} atomic units of ${current.asset} on ${current.network}`;
      const message = `The answer costs ${price}; send the payment in PAYMENT-SIGNATURE.`;
      throw this.challenge(
        'payment-required',
        message,
        'PAYMENT-SIGNATURE header is required',
        request,
        current,
      );
    }
    const payload = this.read(header, request, current);
    const digest = requestDigest(request.requestParts);
    const agreed = await agreedRequirements(this.parts, payload, current, digest);
    if (!agreed.ok) {
      const message = `The payment does not fit what is asked for (${agreed.reason}); nothing was charged.`;
      throw this.challenge('payment-invalid', message, agreed.reason, request, current);
    }
    const { requirements } = agreed;
    const authorized = await this.parts.payments.authorize(payload, requirements, digest);
    return this.answer({ request, payload, requirements }, authorized);
  }

  /** Who sends what cannot be read is told what is wanted, as one who sends nothing. */
  private read(header: string, request: PreparedRequest, requirements: PaymentRequirements): PaymentPayload {
    try {
      return this.parts.reader.read(header);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'payment-malformed') throw error;
      const challenge = { requirements, resource: this.resourceOf(request), reason: 'invalid_payload' };
      throw new PaymentChallenge('payment-malformed', error.message, challenge, error.details);
    }
  }

  private answer(paid: PaidRequest, authorized: AuthorizeOutcome): Promise<InferReply> | InferReply {
    switch (authorized.outcome) {
      case 'reserved':
        return keepLease(
          this.parts.payments,
          authorized.reservationId,
          () => this.runAndSettle(paid, authorized.reservationId, authorized.payment),
          (error) => this.parts.warnings.renewalFailed(authorized.reservationId, error),
        );
      case 'settled':
        return this.replay(authorized.reservationId, authorized.settlement);
      case 'in-flight':
        throw new AppError(
          'payment-in-flight',
          'The same payment is being processed; ask again with the same one.',
          {
            retryAfterSeconds: authorized.retryAfterSeconds,
          },
        );
      case 'bound-to-other-request':
        throw new AppError(
          'payment-bound-to-other-request',
          'The payment was first used for another request.',
          {
            legacyCode: 'PAYMENT_ALREADY_USED',
          },
        );
      case 'invalid': {
        const { reason, message } = authorized;
        const text = `The payment does not verify (${reason}${message ? `: ${message}` : ''}); nothing was charged.`;
        throw this.challenge('payment-invalid', text, reason, paid.request, paid.requirements);
      }
    }
  }

  /** Takes up an answer that an earlier attempt stored for this reservation, or makes it now. */
  private async runAndSettle(
    paid: PaidRequest,
    reservationId: string,
    payment: AuthorizationPayment,
  ): Promise<InferReply> {
    const stored =
      (await this.parts.verifications.findByReservation(reservationId)) ??
      (await this.runAndStore(paid.request, reservationId, payment));
    const { outcome, settlement } = await this.settle(paid, reservationId);
    if (outcome === 'pending') {
      return { kind: 'pending', verificationId: stored.verificationId, settlement: filled(settlement) };
    }
    if (outcome === 'failed') {
      const reason = reasonOf(settlement);
      await this.parts.verifications.failPayment(reservationId, reason);
      const message = `The payment could not be settled (${reason}); nothing was charged and no answer is given out.`;
      throw this.challenge('payment-invalid', message, reason, paid.request, paid.requirements, settlement);
    }
    await this.parts.verifications.settle(reservationId, settlement);
    return { kind: 'answered', body: stored.body, settlement, replayed: false };
  }

  private async runAndStore(
    request: PreparedRequest,
    reservationId: string,
    payment: AuthorizationPayment,
  ): Promise<StoredAnswer> {
    try {
      const execution = await this.parts.executor.execute(request, payment);
      const row = verificationOf(execution, 'executed', reservationId, this.parts.nowMs());
      const body = answerBytes(execution, this.parts.links);
      return await this.parts.verifications.storeExecuted(row, eventDraft(execution), body);
    } catch (error) {
      await this.release(reservationId, error);
      throw error;
    }
  }

  /** A reservation that cannot be given back runs out by itself, so this never hides the first error. */
  private async release(reservationId: string, error: unknown): Promise<void> {
    const reason = error instanceof AppError ? error.code : 'internal';
    try {
      await this.parts.payments.release(reservationId, reason);
    } catch (failure) {
      this.parts.warnings.releaseFailed(reservationId, failure);
    }
  }

  /** A settlement that nobody confirms may have happened: it is pending, never failed. */
  private async settle(
    { payload, requirements }: PaidRequest,
    reservationId: string,
  ): Promise<SettleOutcome> {
    try {
      return await this.parts.payments.settle(reservationId, payload, requirements);
    } catch (error) {
      this.parts.warnings.settleUnknown(reservationId, error);
      return { outcome: 'pending', settlement: {} };
    }
  }

  private async replay(reservationId: string, settlement: Settlement): Promise<InferReply> {
    const stored = await this.parts.verifications.findByReservation(reservationId);
    if (!stored) {
      throw new AppError(
        'conflict',
        'The payment is settled, but its answer is not stored here; ask the operator.',
      );
    }
    // The process may have ended between the settlement and its record.
    if (stored.state !== 'settled') await this.parts.verifications.settle(reservationId, settlement);
    return { kind: 'answered', body: stored.body, settlement, replayed: true };
  }

  private resourceOf({ model, requestParts }: PreparedRequest): PaidResource {
    const { name, version } = model.manifest;
    return { url: this.parts.urlOf(requestParts.target), description: `${name} ${version}` };
  }

  private challenge(
    code: 'payment-required' | 'payment-invalid',
    message: string,
    reason: string,
    request: PreparedRequest,
    requirements: PaymentRequirements,
    settlement?: Settlement,
  ): PaymentChallenge {
    const resource = this.resourceOf(request);
    return new PaymentChallenge(code, message, { requirements, resource, reason, settlement });
  }
}

function filled(settlement: Settlement): Settlement | undefined {
  return Object.keys(settlement).length > 0 ? settlement : undefined;
}

function reasonOf({ errorReason }: Settlement): string {
  return typeof errorReason === 'string'
    ? shortText(errorReason, PAYMENT_REASON_CHARACTERS_MAX)
    : 'settlement_failed';
}

/** The problem of an answer whose payment is not known to be settled yet. */
export function settlementPending(verificationUrl: string): AppError {
  return new AppError(
    'settlement-pending',
    `The payment was sent and is not confirmed. ${verificationUrl} shows its state; once it is settled, the same request with the same payment gives the answer.`,
    { retryAfterSeconds: SETTLEMENT_RETRY_AFTER_SECONDS },
  );
}

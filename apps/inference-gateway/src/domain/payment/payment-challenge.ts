import { AppError, type ErrorDetail } from '@touchstone/contracts';
import type { Discovery } from './discovery.js';
import { SETTLEMENT_RETRY_AFTER_SECONDS, type PaymentRequirements, type Settlement } from './payment.js';
import type { TransferOffer } from './transfers.js';

/** What the payment is for. */
export interface PaidResource {
  readonly url: string;
  readonly description: string;
}

/** A refusal that tells the caller what to pay; the transport adds the PAYMENT-REQUIRED header. */
export class PaymentChallenge extends AppError {
  constructor(
    code: 'payment-required' | 'payment-invalid' | 'payment-malformed',
    message: string,
    readonly challenge: {
      readonly requirements: PaymentRequirements;
      readonly resource: PaidResource;
      /** The library's reason, for the header. */
      readonly reason: string;
      /** The settlement that failed, if it came to one. */
      readonly settlement?: Settlement | undefined;
      /** What is said about transfers, where they are taken. */
      readonly transfer?: TransferOffer | undefined;
      /** How a request of this route looks. */
      readonly discovery?: Discovery | undefined;
    },
    {
      details = code === 'payment-invalid' ? [{ pointer: '', detail: challenge.reason }] : [],
      legacyCode,
    }: { readonly details?: readonly ErrorDetail[]; readonly legacyCode?: string | undefined } = {},
  ) {
    super(code, message, { details, ...(legacyCode === undefined ? {} : { legacyCode }) });
  }
}

/** The problem of an answer whose payment is not known to be settled yet. */
export function settlementPending(message: string, verificationUrl: string): AppError {
  return new AppError('settlement-pending', `${message} ${verificationUrl} shows the state of the answer.`, {
    retryAfterSeconds: SETTLEMENT_RETRY_AFTER_SECONDS,
  });
}

import { AppError, type ErrorDetail } from '@touchstone/contracts';
import type { PaymentRequirements, Settlement } from './payment.js';

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
    },
    details: readonly ErrorDetail[] = code === 'payment-invalid'
      ? [{ pointer: '', detail: challenge.reason }]
      : [],
  ) {
    super(code, message, { details });
  }
}

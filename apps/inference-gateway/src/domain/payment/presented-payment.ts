import { AppError } from '@touchstone/contracts';
import { PaymentChallenge, type PaidResource } from './payment-challenge.js';
import type { Discovery } from './discovery.js';
import type { PaymentRequirements, Settlement } from './payment.js';
import type { SoughtPayment } from './stored-answer.js';
import { endOf } from './tell-caller.js';
import { isTransfer, txHashOf, type Presented, type TransferOffer } from './transfers.js';

/** What is wanted for an answer, as a 402 says it. */
export interface Wanted {
  readonly requirements: PaymentRequirements;
  readonly resource: PaidResource;
  readonly transfer: TransferOffer | undefined;
  readonly discovery?: Discovery | undefined;
}

/** What a request brought in its payment header, read once; `error` says why it cannot be read. */
export type PresentedPayment =
  | { readonly payment: Presented; readonly error?: undefined }
  | { readonly payment?: undefined; readonly error: unknown };

/** A header that cannot be read is refused where it is needed: who sends what cannot be read is told what is wanted, as one who sends nothing. */
export function readable({ payment, error }: PresentedPayment, wanted: Wanted): Presented {
  if (payment !== undefined) return payment;
  if (!(error instanceof AppError) || error.code !== 'payment-malformed') throw error;
  const challenge = { ...wanted, reason: 'invalid_payload' };
  const { details, legacyCode } = error;
  throw new PaymentChallenge('payment-malformed', error.message, challenge, { details, legacyCode });
}

/** What the answers of a payment are looked for by. */
export function soughtBy(payment: Presented): SoughtPayment {
  if (isTransfer(payment)) return { txHash: txHashOf(payment) };
  const { from, nonce } = payment.payload.authorization;
  return { payer: from.toLowerCase(), nonce: nonce.slice(2).toLowerCase() };
}

/** When a payment is over, as a reader takes it. */
export function endOfPayment({ presented }: { readonly presented: Presented }): string {
  return isTransfer(presented)
    ? 'a block takes the transfer up'
    : endOf(presented.payload.authorization.validBefore);
}

/** A job may fail with nothing charged; a transfer was made already, and is of one request for ever. */
export function transferQueued(): AppError {
  return new AppError(
    'validation-failed',
    'A transfer pays for a call and not for a job; repeat the request without "async" and claim the transfer for that one.',
    { details: [{ pointer: '/async', detail: 'expected no transfer beside it' }] },
  );
}

/** The code of a failure. */
export function codeOf(error: unknown): string {
  return error instanceof AppError ? error.code : 'internal';
}

/** A settlement that says something. */
export function filled(settlement: Settlement): Settlement | undefined {
  return Object.keys(settlement).length > 0 ? settlement : undefined;
}

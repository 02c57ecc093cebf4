import type { Charged, ErrorCode } from '@touchstone/contracts';
import { TRANSFER_DROPPED, type TransferCode } from '@touchstone/contracts/transfer';
import {
  SETTLEMENT_RETRY_AFTER_SECONDS,
  type AuthorizeOutcome,
  type SettleOutcome,
  type TransferOutcome,
} from './payment.js';

/** What a request without an answer is told. */
export interface Refusal {
  readonly kind: 'refuse';
  readonly code: ErrorCode;
  readonly message: string;
  readonly legacyCode?: string;
  readonly retryAfterSeconds?: number;
  /** The library's reason; with it the caller is told what to pay. */
  readonly reason?: string;
}

/** What is done next for a request whose payment was looked at. */
export type NextStep = { readonly kind: 'answer' | 'settle' | 'run-and-answer' | 'run-and-settle' } | Refusal;

/** What there is for a request beside its payment. */
export interface AtHand {
  /** The stored answer, if there is one. */
  readonly answer: { readonly handedOut: boolean } | undefined;
  /** Whether the model can run. */
  readonly model: boolean;
}

/** How the question for a settlement ended: with an answer, or without one. */
export type SettleResult =
  | SettleOutcome
  /** Silence: it may have been done. */
  | { readonly outcome: 'silence' }
  /** Nobody took the question up. */
  | { readonly outcome: 'not-taken' };

/** What follows the question for a settlement. `wait`: the answer is stored, and given out once the payment is settled. */
export type Settled =
  { readonly kind: 'answer' } | { readonly kind: 'wait'; readonly message: string } | Refusal;

const SAME_AGAIN = 'Repeat the same request with the same payment; do not sign another one.';

/** When an authorisation is over, as a reader takes it. @param validBefore Unix seconds as a decimal string */
export function endOf(validBefore: string): string {
  const seconds = Number(validBefore);
  return seconds < Date.UTC(9999, 11, 31) / 1_000
    ? new Date(seconds * 1_000).toISOString()
    : 'the end of time';
}

/**
 * Decides what happens to a request by what the payment-verifier said and by what is there. Together with
 * {@link tellAfterSettle} this is the table of docs/payment-states.md; both are total, and nothing else decides what
 * a caller is told about money.
 */
export function stepAfterAuthorize(authorized: TransferOutcome, atHand: AtHand, end: string): NextStep {
  switch (authorized.outcome) {
    case 'reserved':
      if (atHand.answer !== undefined) return { kind: 'settle' };
      return atHand.model ? { kind: 'run-and-settle' } : withoutModel();
    case 'settled':
      if (atHand.answer === undefined) return atHand.model ? { kind: 'run-and-answer' } : withoutModel();
      return authorized.guessed && atHand.answer.handedOut ? guessed() : { kind: 'answer' };
    case 'in-flight':
      return {
        kind: 'refuse',
        code: 'payment-in-flight',
        message: 'The same payment is being processed; ask again with the same one.',
        retryAfterSeconds: authorized.retryAfterSeconds,
      };
    case 'bound-to-other-request':
      return {
        kind: 'refuse',
        code: 'payment-bound-to-other-request',
        message: 'The payment was first used for another request.',
        legacyCode: 'PAYMENT_ALREADY_USED',
      };
    case 'invalid':
      return tellInvalid(authorized, end);
    case 'refused':
      return tellRefused(authorized);
  }
}

/** Decides what a request is told by what became of its settlement. @param end when the authorisation is over */
export function tellAfterSettle(result: SettleResult, end: string): Settled {
  switch (result.outcome) {
    case 'settled':
      return { kind: 'answer' };
    case 'pending': {
      const transaction = result.settlement['transaction'];
      const known = typeof transaction === 'string' && transaction !== '';
      const how = known
        ? `The payment's transaction ${transaction} is signed and on its way, and not confirmed yet.`
        : 'The payment may have been sent, and is not confirmed.';
      return { kind: 'wait', message: `${how} ${SAME_AGAIN}` };
    }
    case 'silence':
      return {
        kind: 'wait',
        message: `Nobody said what became of the payment; it may have been sent. ${SAME_AGAIN}`,
      };
    case 'unsent':
      return notNow(`nothing was sent so far, because a part is missing (${result.code})`);
    case 'not-taken':
      return notNow('its payment cannot be settled now');
    case 'failed':
      return tellFailed(reasonOf(result.settlement), result.charged, end);
  }
}

/** The reason that a settlement gives. */
export function reasonOf({ errorReason }: Readonly<Record<string, unknown>>): string {
  return typeof errorReason === 'string' ? errorReason : 'settlement_failed';
}

/** Codes of transfers that may pay in a while: whoever is told so must not make another transfer. */
const waitingCodes: ReadonlySet<TransferCode> = new Set(['TX_NOT_FOUND', 'INSUFFICIENT_CONFIRMATIONS']);

/** A transfer was made before it was brought, so that nobody can say that nothing was charged; nothing was taken. */
function tellRefused({ code, reason, message }: Extract<TransferOutcome, { outcome: 'refused' }>): Refusal {
  if (waitingCodes.has(code))
    return {
      kind: 'refuse',
      code: 'payment-in-flight',
      message: `The transfer does not pay yet (${code}). ${message} Repeat the same request with the same transfer; do not make another one.`,
      legacyCode: code,
      retryAfterSeconds: SETTLEMENT_RETRY_AFTER_SECONDS,
    };
  return {
    kind: 'refuse',
    code: 'payment-invalid',
    message: `The transfer does not pay for this request (${code}, ${reason}). ${message} Nothing was taken for it.`,
    legacyCode: code,
    reason,
  };
}

/** Only `no` is told as "nothing was charged": a caller who is told so may sign another payment. */
function tellInvalid(
  { reason, message, charged }: Extract<AuthorizeOutcome, { outcome: 'invalid' }>,
  end: string,
): Refusal {
  const why = `${reason}${message ? `: ${message}` : ''}`;
  switch (charged) {
    case 'no':
      return {
        kind: 'refuse',
        code: 'payment-invalid',
        message: `The payment does not verify (${why}); nothing was charged.`,
        reason,
      };
    case 'elsewhere':
      return {
        kind: 'refuse',
        code: 'payment-invalid',
        message: `The payment does not verify (${why}): its authorisation was used for a transfer that did not pay for this request.`,
        reason,
      };
    case 'unknown':
      return {
        kind: 'refuse',
        code: 'payment-in-flight',
        message: `The payment does not verify now (${why}). Until ${end} whoever holds it may still send it, and this request then gets its answer. ${SAME_AGAIN}`,
        retryAfterSeconds: SETTLEMENT_RETRY_AFTER_SECONDS,
      };
  }
}

function tellFailed(reason: string, charged: Charged, end: string): Settled {
  switch (charged) {
    case 'no':
      return {
        kind: 'refuse',
        code: 'payment-invalid',
        message: `The payment could not be settled (${reason}); nothing was charged and no answer is given out.`,
        reason,
      };
    case 'elsewhere':
      return {
        kind: 'refuse',
        code: 'payment-invalid',
        message: `The payment could not be settled (${reason}): its authorisation was used for a transfer that did not pay for this request, and no answer is given out.`,
        reason,
      };
    case 'unknown':
      return { kind: 'wait', message: `${tellOpen(reason, end)} ${SAME_AGAIN}` };
  }
}

function tellOpen(reason: string, end: string): string {
  if (reason === TRANSFER_DROPPED)
    return 'A reorganisation of the chain dropped the transfer. Should a block take it up again, this request gets its answer.';
  return reason === 'invalid_exact_evm_transaction_failed'
    ? `The payment's transaction reverted. Until ${end} somebody else may still send the transfer; this request then gets its answer.`
    : `The payment is not settled (${reason}). It is tried again until ${end}; once it is settled, this request gets its answer.`;
}

function notNow(why: string): Refusal {
  return {
    kind: 'refuse',
    code: 'dependency-unavailable',
    message: `The answer is ready, but ${why}. Repeat now the same request with the same payment; do not sign another one.`,
    retryAfterSeconds: SETTLEMENT_RETRY_AFTER_SECONDS,
  };
}

function withoutModel(): Refusal {
  return {
    kind: 'refuse',
    code: 'model-not-active',
    message: 'The model takes no requests any more, and no answer is stored for this payment.',
  };
}

function guessed(): Refusal {
  return {
    kind: 'refuse',
    code: 'rate-limited',
    message:
      'The answer was given out before, and too many other requests came with its payment since: somebody may be guessing. It is not given out again.',
  };
}

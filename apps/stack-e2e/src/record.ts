import type { JsonTensor } from '@touchstone/evidence';
import type { Digit } from './callers/digits.js';

/** An answer that the gateway acknowledged with 200. */
export interface Answer {
  readonly verificationId: string;
  readonly modelVersionId: string;
  readonly outputs: readonly JsonTensor[];
  /** The exact text, which a repetition has to give again. */
  readonly body: string;
}

/** A payment that the caller signed, noted before it was sent for the first time. */
export interface Payment {
  /** The request header that carries it. */
  readonly header: string;
  /** `0x` and lower case. */
  readonly payer: string;
  /** `0x` and 64 hex digits. */
  readonly nonce: string;
  readonly amount: bigint;
  /** What the gateway said when it refused the payment for good, with the promise that nothing was charged. */
  refusal?: string;
}

/** One inference that a caller wants, with all that happened to it from the caller's side. */
export interface Inference {
  readonly number: number;
  /** Name of the fault that was under way when it began. */
  readonly fault: string;
  readonly digit: Digit;
  /** The newest last; more than one when earlier ones were refused. */
  readonly payments: Payment[];
  readonly startedAtMs: number;
  /** Requests that were sent for it, the unpaid one not counted. */
  attempts: number;
  /** What the last attempt ended with, if it was no answer. */
  lastFailure?: string;
  answer?: Answer;
  acknowledgedAtMs?: number;
}

/** The suite's own record: what was asked, paid and acknowledged. No service is asked for any of it. */
export class CallRecord {
  readonly inferences: Inference[] = [];

  begin(fault: string, digit: Digit): Inference {
    const inference: Inference = {
      number: this.inferences.length,
      fault,
      digit,
      payments: [],
      startedAtMs: performance.now(),
      attempts: 0,
    };
    this.inferences.push(inference);
    return inference;
  }

  acknowledged(): (Inference & { readonly answer: Answer })[] {
    return this.inferences.filter(
      (inference): inference is Inference & { readonly answer: Answer } => inference.answer !== undefined,
    );
  }

  payments(): Payment[] {
    return this.inferences.flatMap(({ payments }) => payments);
  }
}

/** The payment that an acknowledged answer was given for: the only one that was not refused. */
export function paymentOf(inference: Inference): Payment | undefined {
  return inference.payments.find(({ refusal }) => refusal === undefined);
}

import type { PaymentReference, VerificationState } from '@touchstone/contracts';
import type { Settlement } from './payment.js';

/** The answer of a paid request. */
export interface StoredAnswer {
  readonly reservationId: string;
  readonly verificationId: string;
  readonly state: VerificationState;
  /** The exact bytes of the answer. */
  readonly body: Uint8Array;
  /** What it was made for, by which model version, and what was paid. */
  readonly requestDigest: string;
  readonly modelVersionId: string;
  readonly payment: PaymentReference;
  /** Whether it left this service at least once. */
  readonly handedOut: boolean;
}

/** Milliseconds that an answer waits for its request to settle it, before the sweeper asks in its place. */
export const SETTLE_ASK_AFTER_MS = 8_000;
/** Milliseconds between two questions of the sweeper for one answer, at most; the pause grows with its age. */
export const SETTLE_ASK_PAUSE_LAST_MS = 600_000;

/** What answers are looked for by: lower case and hex without `0x`, but for the address. */
export type SoughtPayment = { readonly payer: string; readonly nonce: string } | { readonly txHash: string };

/** Keeps answers that are paid for. Every method is durable when it resolves. */
export interface StoredAnswers {
  /**
   * Answers that were made for an authorisation, or for transfers of one transaction; of an authorisation more than one
   * only where several tokens are paid in.
   */
  findByPayment(payment: SoughtPayment): Promise<readonly StoredAnswer[]>;
  /** @throws AppError `conflict` when the verification is there and its answer is lost */
  findByReservation(reservationId: string): Promise<StoredAnswer | undefined>;
  /**
   * Marks an answer as paid and puts its event into the outbox, once; later calls change nothing.
   *
   * @param handOut whether the answer leaves now
   * @param settledAtMs when it was settled, where that is told; now otherwise
   */
  settle(
    reservationId: string,
    settlement: Settlement,
    handOut: boolean,
    settledAtMs?: number,
  ): Promise<void>;
  /**
   * Marks the payment of an answer as failed; a settled one stays settled unless the chain dropped its transfer afterwards. What was
   * dropped before may stand in another block since, and have been settled.
   *
   * @param failedAtMs when it failed, where that is told; now otherwise
   */
  failPayment(reservationId: string, reason: string, failedAtMs?: number): Promise<void>;
  /**
   * Reservations of answers that are not settled and whose time to ask has come, the longest due first; each goes to
   * one of several replicas that ask at once, and comes again after a pause that grows with its age.
   */
  claimUnsettled(nowMs: number, limit: number): Promise<readonly string[]>;
}

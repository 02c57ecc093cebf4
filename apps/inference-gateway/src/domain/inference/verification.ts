import type {
  AuthorizationPayment,
  ModelCommitment,
  OutputContext,
  OutputProof,
  OutputRecorded,
  VerificationState,
} from '@touchstone/contracts';
import type { Settlement } from '../payment/payment.js';

/** One run of a model with everything that was signed about it. */
export interface Verification {
  readonly id: string;
  readonly state: VerificationState;
  readonly modelId: string;
  readonly modelVersionId: string;
  readonly proof: OutputProof;
  readonly context: OutputContext;
  readonly commitment: ModelCommitment;
  readonly reservationId: string | null;
  readonly payment: AuthorizationPayment | null;
  /** The x402 settle response, once it is known. */
  readonly settlement: Settlement | null;
  readonly failure: string | null;
  readonly inferenceMs: number;
  readonly totalMs: number;
  readonly createdAtMs: number;
  readonly settledAtMs: number | null;
}

/** The event of a verification before the receipt and the time of its recording are known. */
export type EventDraft = Omit<OutputRecorded, 'recordedAt'>;

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
  readonly payment: AuthorizationPayment;
  /** Whether it left this service at least once. */
  readonly handedOut: boolean;
}

/** Milliseconds that an answer waits for its request to settle it, before the sweeper asks in its place. */
export const SETTLE_ASK_AFTER_MS = 8_000;
/** Milliseconds between two questions of the sweeper for one answer, at most; the pause grows with its age. */
export const SETTLE_ASK_PAUSE_LAST_MS = 600_000;

/** Keeps verifications. Every method is durable when it resolves. */
export interface VerificationStore {
  /** A free answer: the row and its event in one transaction. */
  record(verification: Verification, event: EventDraft): Promise<void>;
  /**
   * A paid answer before its settlement, insert-first by reservation. When another replica stored an answer for the
   * reservation already, that one stands and is returned.
   */
  storeExecuted(verification: Verification, event: EventDraft, body: Uint8Array): Promise<StoredAnswer>;
  /** Answers that were made for an authorisation; more than one only where several tokens are paid in. */
  findByAuthorization(
    authorization: Pick<AuthorizationPayment, 'payer' | 'nonce'>,
  ): Promise<readonly StoredAnswer[]>;
  /** @throws AppError `conflict` when the verification is there and its answer is lost */
  findByReservation(reservationId: string): Promise<StoredAnswer | undefined>;
  /**
   * Marks an answer as paid and puts its event into the outbox, once; later calls change nothing.
   *
   * @param handOut whether the answer leaves now
   */
  settle(reservationId: string, settlement: Settlement, handOut: boolean): Promise<void>;
  /** Marks the payment of an answer as failed; a settled one stays settled. */
  failPayment(reservationId: string, reason: string): Promise<void>;
  /**
   * Reservations of answers that are not settled and whose time to ask has come, the longest due first; each goes to
   * one of several replicas that ask at once, and comes again after a pause that grows with its age.
   */
  claimUnsettled(nowMs: number, limit: number): Promise<readonly string[]>;
  find(id: string): Promise<Verification | undefined>;
}

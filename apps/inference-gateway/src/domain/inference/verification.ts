import type {
  AuthorizationPayment,
  ModelCommitment,
  OutputContext,
  OutputProof,
  OutputRecorded,
} from '@touchstone/contracts';
import type { Settlement } from '../payment/payment.js';

/**
 * How far a verification is. `recorded`: free, done. `executed`: the answer is stored, the payment is not settled
 * yet. `settled`: paid and given out. `payment-failed`: nothing was charged, nothing was given out.
 */
export const verificationStates = ['recorded', 'executed', 'settled', 'payment-failed'] as const;
export type VerificationState = (typeof verificationStates)[number];

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

/** An answer that waits for its payment. */
export interface StoredAnswer {
  readonly reservationId: string;
  readonly verificationId: string;
  readonly state: VerificationState;
  /** The exact bytes of the answer. */
  readonly body: Uint8Array;
}

/** Keeps verifications. Every method is durable when it resolves. */
export interface VerificationStore {
  /** A free answer: the row and its event in one transaction. */
  record(verification: Verification, event: EventDraft): Promise<void>;
  /**
   * A paid answer before its settlement, insert-first by reservation. When another replica stored an answer for the
   * reservation already, that one stands and is returned.
   */
  storeExecuted(verification: Verification, event: EventDraft, body: Uint8Array): Promise<StoredAnswer>;
  /** The payment that was taken for a request under this authorisation, if any. */
  findPayment(
    authorization: Pick<AuthorizationPayment, 'payer' | 'nonce'>,
    requestDigest: string,
  ): Promise<AuthorizationPayment | undefined>;
  findByReservation(reservationId: string): Promise<StoredAnswer | undefined>;
  /** Marks an answer as paid and puts its event into the outbox, once; later calls change nothing. */
  settle(reservationId: string, settlement: Settlement): Promise<void>;
  /** Marks the payment of an answer as failed; a settled one stays settled. */
  failPayment(reservationId: string, reason: string): Promise<void>;
  find(id: string): Promise<Verification | undefined>;
}

/** Injection token of the {@link VerificationStore}. */
export const VERIFICATIONS = Symbol('VerificationStore');

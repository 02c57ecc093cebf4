import type {
  PaymentReference,
  CanonicalTensor,
  ModelCommitment,
  OutputContext,
  OutputProof,
  OutputRecorded,
  VerificationState,
} from '@touchstone/contracts';
import type { Settlement } from '../payment/payment.js';
import type { StoredAnswer, StoredAnswers } from '../payment/stored-answer.js';
import type { ExecutionProof } from '../proving/execution-proof.js';

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
  readonly payment: PaymentReference | null;
  /** The x402 settle response, once it is known. */
  readonly settlement: Settlement | null;
  readonly failure: string | null;
  readonly inferenceMs: number;
  readonly totalMs: number;
  readonly createdAtMs: number;
  readonly settledAtMs: number | null;
  /** What a proof of it speaks of; kept for models with a circuit, and not read back with the rest. */
  readonly provable?: {
    readonly inputs: readonly CanonicalTensor[];
    readonly outputs: readonly CanonicalTensor[];
  };
}

/** The event of a verification before the receipt and the time of its recording are known. */
export type EventDraft = Omit<OutputRecorded, 'recordedAt'>;

/** Keeps verifications. Every method is durable when it resolves. */
export interface VerificationStore extends StoredAnswers {
  /** A free answer: the row and its event in one transaction, with its proof where it was proved at once. */
  record(verification: Verification, event: EventDraft, proof?: ExecutionProof): Promise<void>;
  /**
   * A paid answer before its settlement, insert-first by reservation. When another replica stored an answer for the
   * reservation already, that one stands and is returned. A proof that was made at once is of the same reservation.
   */
  storeExecuted(
    verification: Verification,
    event: EventDraft,
    body: Uint8Array,
    proof?: ExecutionProof,
  ): Promise<StoredAnswer>;
  find(id: string): Promise<Verification | undefined>;
  /** What a transaction paid for, the oldest first. @param txHash 64 hex characters */
  findByTransaction(txHash: string, limit: number): Promise<readonly Verification[]>;
}

import type {
  PaymentReference,
  CanonicalTensor,
  ExecutionProved,
  OutputProof,
  VerificationState,
} from '@touchstone/contracts';
import type { StoredAnswer, StoredAnswers } from '../payment/stored-answer.js';

/** A signed output with all that its proof speaks of. */
export interface ProvableOutput {
  readonly verificationId: string;
  readonly state: VerificationState;
  readonly modelId: string;
  readonly modelVersionId: string;
  readonly proof: OutputProof;
  readonly requestDigest: string | null;
  /** What went in and came out; undefined for answers of models without a circuit, and of before tensors were kept. */
  readonly tensors:
    { readonly inputs: readonly CanonicalTensor[]; readonly outputs: readonly CanonicalTensor[] } | undefined;
}

/** The event of a proof before the time of its recording is known. */
export type ProvedDraft = Omit<ExecutionProved, 'provedAt'>;

/** One proof with the exact bytes of the answer to whoever asked for it. */
export interface ExecutionProof {
  readonly id: string;
  readonly verificationId: string;
  readonly modelVersionId: string;
  readonly body: Uint8Array;
  readonly event: ProvedDraft;
  readonly createdAtMs: number;
}

/** What a proof was paid with. */
export interface ProofPayment {
  readonly reservationId: string;
  readonly requestDigest: string;
  readonly payment: PaymentReference;
}

/** Keeps proofs of executions. Every method is durable when it resolves. */
export interface ExecutionProofStore extends StoredAnswers {
  findOutput(verificationId: string): Promise<ProvableOutput | undefined>;
  /** The bytes of a proof that everybody may have: it was paid for, or free. */
  findProved(verificationId: string): Promise<Uint8Array | undefined>;
  /** Whether there is a proof that everybody may have, or one whose payment is being settled. */
  isMade(verificationId: string): Promise<boolean>;
  /**
   * Takes the right to prove an output until a time, or finds somebody else with it.
   *
   * @returns whether it is taken
   */
  claim(verificationId: string, claimId: string, untilMs: number): Promise<boolean>;
  /** Gives the right back, if it is still the claim's. */
  unclaim(verificationId: string, claimId: string): Promise<void>;
  /** A free proof: the row and its event in one transaction. */
  record(proof: ExecutionProof): Promise<void>;
  /** A paid proof before its settlement, insert-first by reservation; an earlier one of the reservation stands and is returned. */
  storeExecuted(proof: ExecutionProof, paid: ProofPayment): Promise<StoredAnswer>;
}

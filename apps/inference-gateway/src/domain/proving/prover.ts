import type { CanonicalTensor } from '@touchstone/contracts';
import type { ZkProof } from '@touchstone/contracts/circuit';
import type { Model } from '../model/model.js';

/** Milliseconds that a proof may take, its wait included, when nothing else is said. */
export const PROOF_TIMEOUT_DEFAULT_MS = 60_000;

/** Percent of samples on which a circuit has to agree with the floats of its file, unless it is configured otherwise. */
export const PROOF_AGREEMENT_MIN_DEFAULT_PERCENT = 95;

/** Proofs that may wait for their turn when nothing else is said; one more is refused. */
export const PROOF_QUEUE_MAX = 16;

/** What is to be proved: that a model gives outputs for inputs. */
export interface ProvingJob {
  readonly model: Model;
  readonly inputs: readonly CanonicalTensor[];
  readonly outputs: readonly CanonicalTensor[];
  /** The public signal that ties the proof to a signed output and its request (protocol section 11). */
  readonly bind: bigint;
}

/** A proof that passed its verification, and how it was made. */
export interface MadeProof {
  readonly zk: ZkProof;
  /** The prover that made it. */
  readonly name: string;
  /** Why it was not the one that is asked first. */
  readonly fellBack?: string | undefined;
  readonly milliseconds: number;
}

/** Makes proofs. */
export interface Prover {
  /** False where there never will be a proof. */
  readonly isThere: boolean;
  /** Milliseconds that a proof of one answer is expected to take; undefined where none is made now. */
  expectedMs(model: Model): number | undefined;
  /** @throws AppError `not-provable`, `queue-full`, `timeout`, `dependency-unavailable` */
  prove(job: ProvingJob): Promise<MadeProof>;
}

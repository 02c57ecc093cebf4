import type { SeedPaidByTransaction, SeedVerification } from '@touchstone/contracts/http/seed-records';
import type { Verification } from '../../../domain/inference/verification.js';
import type { Links } from '../../links.js';
import { presentVerification } from '../../present-verification.js';
import { presentPayment } from './seed-answer.js';

/** What is told of a verification to everybody. */
type PaidFor = Omit<
  SeedPaidByTransaction['verifications'][number],
  'verificationId' | 'inputHash' | 'outputHash' | 'signature' | 'evidence'
>;

const statuses = {
  recorded: 'success',
  settled: 'success',
  executed: 'pending',
  'payment-failed': 'failed',
} as const;

/** What anybody may know of a verification who knows its transaction. */
export function paidForOf(verification: Verification): PaidFor {
  const { payment, settlement, proof, state } = verification;
  return {
    model: { id: verification.modelId, modelVersionId: verification.modelVersionId },
    status: statuses[state],
    payment: payment && presentPayment(payment, settlement, proof.timestamp * 1_000),
    timing: { inference: verification.inferenceMs, total: verification.totalMs },
    errorMessage: verification.failure,
    createdAt: new Date(verification.createdAtMs).toISOString(),
    settledAt: verification.settledAtMs === null ? null : new Date(verification.settledAtMs).toISOString(),
  };
}

/** A verification whose id is known. */
export function seedVerificationOf(verification: Verification, links: Links): SeedVerification {
  return { success: true, ...answeredOf(verification, links) };
}

/** What its payer may know of a verification. */
export function answeredOf(verification: Verification, links: Links): Omit<SeedVerification, 'success'> {
  const { hashes, proof } = presentVerification(verification, links);
  return {
    verificationId: verification.id,
    ...paidForOf(verification),
    inputHash: hashes?.input ?? null,
    outputHash: hashes?.output ?? null,
    signature: proof,
    evidence: links.evidence(verification.id),
  };
}

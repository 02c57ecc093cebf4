import { paymentRemarks } from '@touchstone/contracts/transfer';
import type { VerificationAnswer } from '@touchstone/contracts/http/inference-gateway';
import { commitmentHash } from '@touchstone/evidence';
import type { AnswerLinks } from '../domain/inference/answer.js';
import type { Verification } from '../domain/inference/verification.js';

/** A verification as it is shown. */
export function presentVerification(verification: Verification, links: AnswerLinks): VerificationAnswer {
  const { id, state, proof, context, payment, settlement } = verification;
  // Labels can be guessed from a hash of few possible outputs, so nothing of an unpaid answer is shown.
  const shown = state === 'recorded' || state === 'settled';
  const remarks = paymentRemarks.safeParse(settlement?.['remarks']).data;
  const transaction = typeof settlement?.['transaction'] === 'string' ? settlement['transaction'] : null;
  return {
    verificationId: id,
    status: state,
    model: { id: verification.modelId, modelVersionId: verification.modelVersionId },
    proof: shown ? proof : null,
    context: shown ? context : null,
    hashes: shown ? { input: proof.inputHash, output: proof.outputHash } : null,
    commitmentHash: commitmentHash(verification.commitment),
    payment: payment && { ...payment, transaction, ...(remarks && { remarks }) },
    failure: verification.failure,
    timing: { inferenceMs: verification.inferenceMs, totalMs: verification.totalMs },
    createdAt: new Date(verification.createdAtMs).toISOString(),
    settledAt: verification.settledAtMs === null ? null : new Date(verification.settledAtMs).toISOString(),
    links: { verification: links.verification(id), evidence: links.evidence(id) },
  };
}

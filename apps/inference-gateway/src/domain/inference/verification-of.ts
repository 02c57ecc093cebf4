import type { VerificationState } from '@touchstone/contracts';
import type { Execution } from './answer.js';
import type { Verification } from './verification.js';

/** The row of an execution. */
export function verificationOf(
  execution: Execution,
  state: VerificationState,
  reservationId: string | null,
  createdAtMs: number,
): Verification {
  const { verificationId: id, model, proof, context, commitment, payment, inferenceMs, totalMs } = execution;
  return {
    id,
    state,
    modelId: model.manifest.id,
    modelVersionId: model.modelVersionId,
    proof,
    context,
    commitment,
    reservationId,
    payment,
    settlement: null,
    failure: null,
    inferenceMs,
    totalMs,
    createdAtMs,
    settledAtMs: null,
    ...(model.circuit ? { provable: { inputs: execution.inputs, outputs: execution.outputs } } : {}),
  };
}

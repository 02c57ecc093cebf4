import { AppError, type OutputRecorded } from '@touchstone/contracts';
import { contextNonce, modelVersionIdOf, outputLeaf } from '@touchstone/evidence';

/** The leaf of one recorded output, as it waits for its batch. */
export interface AcceptedLeaf {
  /** 32 bytes (protocol section 3). */
  readonly leaf: Uint8Array;
  /** Lower-case hex of 32 bytes. */
  readonly modelVersionId: string;
  /** Lower-case hex of 32 bytes; unique for a model version. */
  readonly nonce: string;
  /** The model's slug. */
  readonly modelId: string;
  readonly verificationId: string;
}

/**
 * Makes the leaf of a recorded output and checks what can be checked without a key: the nonce commits to the context
 * that travels along, and the commitment names the model that the proof names. A batch must not carry a leaf whose
 * evidence could never verify.
 *
 * @throws AppError `validation-failed`; `leaf-field-not-fixed-width` when the fields make no leaf
 */
export function acceptLeaf(event: OutputRecorded): AcceptedLeaf {
  const { proof, context, commitment, modelId, verificationId } = event;
  const nonce = contextNonce(context);
  if (proof.nonce !== nonce) {
    throw new AppError('validation-failed', `The nonce is ${proof.nonce}, its context gives ${nonce}.`);
  }
  const modelVersionId = modelVersionIdOf(commitment.model);
  if (commitment.modelVersionId !== modelVersionId || proof.modelVersionId !== modelVersionId) {
    throw new AppError(
      'validation-failed',
      `The proof is of model version ${proof.modelVersionId}, the commitment's model gives ${modelVersionId}.`,
    );
  }
  return { leaf: outputLeaf(proof), modelVersionId, nonce, modelId, verificationId };
}

import {
  TENSORS_IN_MESSAGE_BYTES_MAX,
  type PaymentReference,
  type CanonicalTensor,
  type ModelCommitment,
  type OutputContext,
  type OutputProof,
  type RequestParts,
} from '@touchstone/contracts';
import type { ProvenExecution } from '@touchstone/contracts/http/inference-gateway';
import { decodeTensor } from '@touchstone/evidence';
import type { Model } from '../model/model.js';
import { dataLengthOf } from '../request/raw-contents.js';
import { presentationOf } from './presentation.js';
import type { EventDraft } from './verification.js';

/** An output as the answer shows it; `data` is flat in row-major order. */
export interface AnswerTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly (boolean | number | string)[];
}

/** The label that the model found most likely. */
export interface Prediction {
  readonly label: string;
  readonly index: number;
  readonly score: number;
}

/** Everything that one run produced. */
export interface Execution {
  readonly verificationId: string;
  readonly model: Model;
  readonly inputs: readonly CanonicalTensor[];
  readonly outputs: readonly CanonicalTensor[];
  readonly proof: OutputProof;
  readonly context: OutputContext;
  readonly commitment: ModelCommitment;
  readonly requestParts: RequestParts;
  readonly payment: PaymentReference | null;
  readonly inferenceMs: number;
  readonly totalMs: number;
}

/** Where an answer points to. */
export interface AnswerLinks {
  verification(id: string): string;
  evidence(id: string): string;
  proof(id: string): string;
}

/** What an answer says of its proof. */
export interface AnswerProof {
  /** Present when it was proved before it was given. */
  readonly execution?: ProvenExecution | undefined;
  /** Whether it can be ordered afterwards, as it was asked. */
  readonly isForLater: boolean;
}

/**
 * The bytes of the answer. They are made once and stored, so that every replay is the same. What a model gives can be
 * asked again as it is: each element has the shortest text that reads as the same bits, −0 included.
 */
export function answerBytes(
  execution: Execution,
  links: AnswerLinks,
  { execution: proven, isForLater }: AnswerProof = { isForLater: false },
): Uint8Array {
  const { verificationId, model, proof, context, payment } = execution;
  const { id, name, version } = model.manifest;
  const outputs = execution.outputs.map(toAnswerTensor);
  const prediction = predictionOf(model, outputs);
  const presentation = presentationOf(model, outputs);
  const before = { verificationId, model: { id, name, version, modelVersionId: model.modelVersionId } };
  const after = {
    ...(prediction ? { prediction } : {}),
    ...(presentation ? { presentation } : {}),
    proof,
    context,
    payment,
    ...(proven === undefined ? {} : { execution: proven }),
    timing: { inferenceMs: execution.inferenceMs, totalMs: execution.totalMs },
    links: {
      verification: links.verification(verificationId),
      evidence: links.evidence(verificationId),
      ...(isForLater ? { proof: links.proof(verificationId) } : {}),
    },
  };
  const shown = outputs.map(tensorText).join(',');
  return new TextEncoder().encode(
    `${JSON.stringify(before).slice(0, -1)},"outputs":[${shown}],${JSON.stringify(after).slice(1)}`,
  );
}

function tensorText({ data, ...tensor }: AnswerTensor): string {
  return `${JSON.stringify(tensor).slice(0, -1)},"data":${elementsText(data)}}`;
}

/** The elements of a tensor as JSON; `JSON.stringify` writes 0 for the negative zero. */
export function elementsText(data: AnswerTensor['data']): string {
  if (!data.some((value) => Object.is(value, -0))) return JSON.stringify(data);
  return `[${data.map((value) => (Object.is(value, -0) ? '-0' : JSON.stringify(value))).join(',')}]`;
}

function toAnswerTensor(tensor: CanonicalTensor): AnswerTensor {
  const decoded = decodeTensor(tensor);
  // The outputs were checked before they were signed.
  if (!decoded.ok) throw new Error(`The output ${tensor.name} is not canonical: ${decoded.error.detail}`);
  return { name: tensor.name, datatype: tensor.datatype, shape: tensor.shape, data: decoded.value };
}

/** The largest element of the first output that has one label for each element; the first of equal ones. */
export function predictionOf(model: Model, outputs: readonly AnswerTensor[]): Prediction | undefined {
  for (const { name, labels } of model.manifest.outputs) {
    const scores = outputs.find((output) => output.name === name)?.data.map(Number);
    if (!labels || scores?.length !== labels.length) continue;
    const score = Math.max(...scores);
    const index = scores.indexOf(score);
    return { label: labels[index] as string, index, score };
  }
  return undefined;
}

/** The event of an answer. Large tensors are left out; the evidence then carries their hashes alone. */
export function eventDraft(execution: Execution): EventDraft {
  const { inputs, outputs, payment, requestParts } = execution;
  const size = [...inputs, ...outputs].reduce((total, tensor) => total + dataLengthOf(tensor), 0);
  const carried = size <= TENSORS_IN_MESSAGE_BYTES_MAX;
  return {
    verificationId: execution.verificationId,
    modelId: execution.model.manifest.id,
    proof: execution.proof,
    context: execution.context,
    inputs: carried ? [...inputs] : null,
    outputs: carried ? [...outputs] : null,
    commitment: execution.commitment,
    payment: payment ? { requestParts, receipt: null } : null,
  };
}

import { AppError } from '@touchstone/contracts';
import type { InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { rawContents, tensorsHash } from '@touchstone/evidence';
import { readTensors } from '../../domain/request/read-inputs.js';
import { readRequest } from '../../domain/request/read-request.js';
import type { BodyAnswer, BodyJob, SentError, SentInputs } from '../../domain/request/large-body.js';

/** Does all that takes long about a body: its digest, its text, its tensors and their hash. */
export function answerBodyJob({ parts, form, model }: BodyJob): BodyAnswer {
  const body = joined(parts);
  try {
    const { request, ...choices } = readRequest(body, form, model);
    const digest = bytesToHex(sha256(body));
    if (model === undefined || request.inputs === undefined)
      return { ok: true, ...{ body, digest, request, ...choices }, inputs: undefined };
    const { inputs, ...rest } = request;
    return { ok: true, ...{ body, digest, request: rest, ...choices }, inputs: inputsOf(model, inputs) };
  } catch (error) {
    return { ok: false, error: sentError(error) };
  }
}

/** The memory that an answer hands over. */
export function handedOver(answer: BodyAnswer): ArrayBuffer[] {
  if (!answer.ok) return [];
  const contents = answer.inputs?.ok === true ? answer.inputs.contents : [];
  return [answer.body, ...contents].map(({ buffer }) => buffer as ArrayBuffer);
}

function inputsOf(
  model: NonNullable<BodyJob['model']>,
  inputs: NonNullable<InferRequest['inputs']>,
): SentInputs {
  try {
    const tensors = readTensors(model, inputs);
    const hash = tensorsHash(tensors);
    if (!hash.ok) throw new AppError('tensor-invalid', `The inputs cannot be hashed: ${hash.error.detail}.`);
    const contents = tensors.map((tensor) => {
      const raw = rawContents(tensor);
      if (!raw.ok) throw new Error(`The input ${tensor.name} is not what was just made: ${raw.error.detail}`);
      // Memory of its own, which can be handed over.
      return new Uint8Array(raw.value);
    });
    const heads = tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
    return { ok: true, tensors: heads, contents, hash: hash.value };
  } catch (error) {
    return { ok: false, error: sentError(error) };
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function sentError(error: unknown): SentError {
  if (!(error instanceof AppError)) throw error;
  const { code, message, details } = error;
  return { code, message, details };
}

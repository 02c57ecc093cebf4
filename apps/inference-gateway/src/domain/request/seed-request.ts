import { AppError, type TensorSpec } from '@touchstone/contracts';
import type { InferRequest, RequestTensor } from '@touchstone/contracts/http/inference-gateway';
import type { SeedInferRequest } from '@touchstone/contracts/http/seed';
import type { TensorModel } from './read-inputs.js';

/** A request of the seed API as that of `/v1`. @param model undefined where there is none of that id */
export function seedRequestOf(
  { inputs, async, callback }: SeedInferRequest,
  model: TensorModel | undefined,
): InferRequest {
  return {
    ...given(inputs, model),
    ...(async ? { async } : {}),
    ...(callback === undefined ? {} : { callback }),
  };
}

function given(inputs: SeedInferRequest['inputs'], model: TensorModel | undefined): InferRequest {
  if (typeof inputs === 'string') return { text: inputs };
  if (!Array.isArray(inputs))
    return typeof inputs['image'] === 'string'
      ? { image: inputs['image'] }
      : { features: inputs as Record<string, number> };
  if (isNumbers(inputs)) return { inputs: model === undefined ? [] : [tensorOf(inputs, model)] };
  return { inputs };
}

function isNumbers(inputs: readonly (number | RequestTensor)[]): inputs is number[] {
  return typeof inputs[0] === 'number';
}

/** The one input of a model, from its elements in row-major order. */
function tensorOf(data: number[], { inputs }: TensorModel): RequestTensor {
  const [spec] = inputs;
  if (spec === undefined || inputs.length > 1)
    throw invalid(`The model has ${inputs.length} inputs; send each as a tensor with its name.`);
  return { name: spec.name, datatype: spec.datatype, shape: shapeFor(data.length, spec), data };
}

/** Of open sizes all but the last are one. */
function shapeFor(count: number, { shape = [1, -1] }: TensorSpec): number[] {
  const last = shape.lastIndexOf(-1);
  if (last === -1) return [...shape];
  const closed = shape.map((size, index) => (size === -1 && index !== last ? 1 : size));
  const others = closed.reduce((product, size) => (size === -1 ? product : product * size), 1);
  if (count % others !== 0)
    throw invalid(`The model takes a multiple of ${others} numbers, there are ${count}.`);
  return closed.map((size) => (size === -1 ? count / others : size));
}

function invalid(detail: string): AppError {
  return new AppError('tensor-invalid', detail, { details: [{ pointer: '/inputs', detail }] });
}

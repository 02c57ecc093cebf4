import { AppError, type TensorDatatype } from '@touchstone/contracts';
import type { RequestTensor } from '@touchstone/contracts/http/inference-gateway';
import type { AnswerTensor } from '../../domain/inference/answer.js';

/** Where the elements of a datatype stand in `TensorContents`, as in the Open Inference Protocol v2; BYTES has no place. */
const contentsOf = {
  BOOL: 'boolContents',
  INT8: 'intContents',
  INT16: 'intContents',
  INT32: 'intContents',
  INT64: 'int64Contents',
  UINT8: 'uintContents',
  UINT16: 'uintContents',
  UINT32: 'uintContents',
  UINT64: 'uint64Contents',
  FP16: 'fp32Contents',
  FP32: 'fp32Contents',
  FP64: 'fp64Contents',
} as const satisfies Record<Exclude<TensorDatatype, 'BYTES'>, string>;
type ContentsField = (typeof contentsOf)[keyof typeof contentsOf];

/** `InferTensor`: 64-bit integers are strings. */
export interface TensorMessage {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly string[];
  readonly contents: Readonly<Partial<Record<ContentsField, readonly unknown[]>>> | null;
}

/**
 * A tensor as JSON has it, which no schema has seen yet.
 *
 * @param at its place among the inputs
 * @throws AppError `tensor-invalid` for elements in the field of another datatype, which would be left out
 */
export function tensorOf({ name, datatype, shape, contents }: TensorMessage, at: number): RequestTensor {
  const expected = fieldOf(datatype);
  const filled = Object.entries(contents ?? {}).filter(([, elements]) => elements.length > 0);
  const wrong = filled.find(([field]) => field !== expected);
  if (wrong !== undefined) {
    const detail = `expected ${expected ?? 'no elements'} of ${datatype}, got ${wrong[0]}`;
    const pointer = `/inputs/${at}/contents`;
    throw new AppError('tensor-invalid', `The inputs do not fit the model at "${pointer}": ${detail}.`, {
      details: [{ pointer, detail }],
    });
  }
  const data = filled[0]?.[1] ?? [];
  return { name, datatype: datatype as TensorDatatype, shape: shape.map(Number), data: [...data] };
}

/** A tensor of an answer as its message. */
export function tensorMessage({ name, datatype, shape, data }: AnswerTensor): object {
  const field = fieldOf(datatype);
  // A model gives no datatype without a place: its manifest has none.
  if (field === undefined) throw new Error(`A tensor of ${datatype} has no message.`);
  return { name, datatype, shape, contents: { [field]: data } };
}

function fieldOf(datatype: string): ContentsField | undefined {
  return Object.hasOwn(contentsOf, datatype) ? contentsOf[datatype as keyof typeof contentsOf] : undefined;
}

import { LENGTH_DELIMITED, malformed, readFields, type Field } from '@touchstone/onnx';
import type { DeclaredTensor, ModelDescription } from './worker-messages.js';

/** Field numbers of onnx.proto on the way to the shape of an input or output. */
const MODEL_GRAPH = 7;
const GRAPH_INPUT = 11;
const GRAPH_OUTPUT = 12;
const VALUE = { name: 1, type: 2 } as const;
const TYPE_TENSOR = 1;
const TENSOR_SHAPE = 2;

/**
 * The runtime tells a tensor whose file declares no shape like a single value, which has the shape []. This tells them
 * apart by the file: what has no shape there loses its empty one.
 *
 * @throws AppError `model-invalid` for a file that is no protobuf message
 */
export function withUndeclaredRanks(bytes: Uint8Array, description: ModelDescription): ModelDescription {
  const withShape = new Set(valuesWithShape(bytes));
  const told = (tensor: DeclaredTensor): DeclaredTensor =>
    tensor.dims?.length === 0 && !withShape.has(tensor.name) ? { ...tensor, dims: undefined } : tensor;
  return { inputs: description.inputs.map(told), outputs: description.outputs.map(told) };
}

function* valuesWithShape(bytes: Uint8Array): Generator<string> {
  for (const graph of messages(bytes, MODEL_GRAPH)) {
    for (const value of messages(graph, GRAPH_INPUT, GRAPH_OUTPUT)) {
      if (declaresShape(value)) yield nameOf(value);
    }
  }
}

function declaresShape(value: Uint8Array): boolean {
  for (const type of messages(value, VALUE.type)) {
    for (const tensor of messages(type, TYPE_TENSOR)) {
      for (const field of readFields(tensor)) if (field.number === TENSOR_SHAPE) return true;
    }
  }
  return false;
}

/** The last name is the one that counts. */
function nameOf(value: Uint8Array): string {
  return new TextDecoder().decode([...messages(value, VALUE.name)].at(-1));
}

function* messages(bytes: Uint8Array, ...numbers: number[]): Generator<Uint8Array> {
  for (const field of readFields(bytes)) if (numbers.includes(field.number)) yield contents(field);
}

function contents({ number, wireType, bytes }: Field): Uint8Array {
  if (wireType !== LENGTH_DELIMITED) throw malformed(`the field ${number} is not a message`);
  return bytes;
}

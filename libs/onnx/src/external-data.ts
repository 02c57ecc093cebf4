import { LENGTH_DELIMITED, readFields, type Field } from './protobuf-fields.js';

/** Why a model with weights in another file is refused, and what to do; today's exporters write two files by default. */
export const EXTERNAL_DATA_REFUSAL =
  'a tensor refers to data outside of the file; export it with its weights inside, with external_data=False in ' +
  'torch.onnx.export, or with onnx.save(onnx.load("model.onnx"), "inside.onnx")';

/** Field numbers of a tensor in onnx.proto. */
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;

type Message = 'model' | 'training' | 'function' | 'graph' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Where messages lie in each other in onnx.proto, as far as a tensor may lie in them. */
const CHILDREN: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
};

/** Whether a field of a tensor says that its data are elsewhere. */
export function isExternal({ number, wireType, value }: Field): boolean {
  if (number === EXTERNAL_DATA) return true;
  return number === DATA_LOCATION && (wireType === LENGTH_DELIMITED || value !== 0);
}

/**
 * Whether any tensor of an ONNX file has its data in another file, which the file's SHA-256 would not cover. Nothing else is
 * looked at: this is for files that the operator deploys.
 *
 * @throws AppError `model-invalid` where the file is no protobuf message
 */
export function hasExternalData(model: Uint8Array): boolean {
  const waiting: { message: Message; bytes: Uint8Array }[] = [{ message: 'model', bytes: model }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const field of readFields(next.bytes)) {
      if (next.message === 'tensor' && isExternal(field)) return true;
      const message = CHILDREN[next.message][field.number];
      if (message !== undefined && field.wireType === LENGTH_DELIMITED)
        waiting.push({ message, bytes: field.bytes });
    }
  }
  return false;
}

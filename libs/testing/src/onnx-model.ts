/** Element types of onnx.proto. */
const ELEMENT_TYPES = { FP32: 1, INT64: 7, STRING: 8, BOOL: 9, FP16: 10, FP64: 11 } as const;

/** A tensor in or out of a test model; a text in `shape` is a size that the caller chooses. */
export interface OnnxValue {
  readonly name: string;
  readonly type?: keyof typeof ELEMENT_TYPES;
  /** Left out, the rank is open. */
  readonly shape?: readonly (number | string)[];
}

/** A node; attributes are given as encoded fields. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: readonly Uint8Array[];
}

/** A graph of a test model; initializers are encoded tensors. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers?: readonly Uint8Array[];
}

const OPSET = 17;
const IR_VERSION = 9;

/** A varint. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

/** One field of a protobuf message: a number as varint, anything else with its length. */
export function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return join(varint(number * 8), varint(value));
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return join(varint(number * 8 + 2), varint(bytes.length), bytes);
}

/** Bytes one after the other. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** An encoded tensor of FP32 or INT64 values. */
export function onnxTensor(
  name: string,
  shape: readonly number[],
  values: readonly number[],
  type: 'FP32' | 'INT64' = 'FP32',
): Uint8Array {
  const raw =
    type === 'FP32' ? new Float32Array(values).buffer : new BigInt64Array(values.map(BigInt)).buffer;
  return join(
    ...shape.map((size) => field(1, size)),
    field(2, ELEMENT_TYPES[type]),
    field(8, name),
    field(9, new Uint8Array(raw)),
  );
}

/** An encoded graph. */
export function onnxGraph({ nodes, inputs, outputs, initializers = [] }: OnnxGraph): Uint8Array {
  return join(
    ...nodes.map((node) => field(1, encodeNode(node))),
    field(2, 'test'),
    ...initializers.map((tensor) => field(5, tensor)),
    ...inputs.map((value) => field(11, encodeValue(value))),
    ...outputs.map((value) => field(12, encodeValue(value))),
  );
}

/** An ONNX file, written without any library, so that a test can make a model that nobody saw before. */
export function onnxModel(graph: OnnxGraph): Uint8Array {
  return join(
    field(1, IR_VERSION),
    field(7, onnxGraph(graph)),
    field(8, join(field(1, ''), field(2, OPSET))),
  );
}

/**
 * A linear classifier: probabilities of a softmax over `features · weights + bias`, with an open number of rows.
 *
 * @param weights one row for each feature, one column for each class
 */
export function linearClassifier(
  weights: readonly (readonly number[])[],
  bias: readonly number[],
): Uint8Array {
  const features = weights.length;
  const classes = bias.length;
  return onnxModel({
    inputs: [{ name: 'features', shape: ['rows', features] }],
    outputs: [{ name: 'probabilities', shape: ['rows', classes] }],
    initializers: [
      onnxTensor('weights', [features, classes], weights.flat()),
      onnxTensor('bias', [classes], bias),
    ],
    nodes: [
      { op: 'Gemm', inputs: ['features', 'weights', 'bias'], outputs: ['scores'] },
      { op: 'Softmax', inputs: ['scores'], outputs: ['probabilities'] },
    ],
  });
}

function encodeNode({ op, inputs, outputs, domain, attributes = [] }: OnnxNode): Uint8Array {
  return join(
    ...inputs.map((name) => field(1, name)),
    ...outputs.map((name) => field(2, name)),
    field(4, op),
    ...attributes.map((attribute) => field(5, attribute)),
    ...(domain === undefined ? [] : [field(7, domain)]),
  );
}

function encodeValue({ name, type = 'FP32', shape }: OnnxValue): Uint8Array {
  const sizes = shape?.map((size) => field(1, typeof size === 'number' ? field(1, size) : field(2, size)));
  const tensorType = join(field(1, ELEMENT_TYPES[type]), ...(sizes ? [field(2, join(...sizes))] : []));
  return join(field(1, name), field(2, field(1, tensorType)));
}

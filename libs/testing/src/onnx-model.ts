/** Element types of onnx.proto. */
const ELEMENT_TYPES = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
} as const;

/** The bytes of elements in a tensor's `raw_data`. */
const RAW = {
  FP32: (values: readonly number[]) => new Float32Array(values).buffer,
  FP64: (values: readonly number[]) => new Float64Array(values).buffer,
  UINT8: (values: readonly number[]) => new Uint8Array(values).buffer,
  BOOL: (values: readonly number[]) => new Uint8Array(values).buffer,
  INT8: (values: readonly number[]) => new Int8Array(values).buffer,
  UINT16: (values: readonly number[]) => new Uint16Array(values).buffer,
  INT16: (values: readonly number[]) => new Int16Array(values).buffer,
  INT32: (values: readonly number[]) => new Int32Array(values).buffer,
  INT64: (values: readonly number[]) => new BigInt64Array(values.map(BigInt)).buffer,
} as const;

/** The value of an attribute; of a whole number and a float alike JavaScript knows only numbers. */
export type OnnxAttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly tensor: Uint8Array }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] };

/** A tensor in or out of a test model; a text in `shape` is a size that the caller chooses. */
export interface OnnxValue {
  readonly name: string;
  readonly type?: keyof typeof ELEMENT_TYPES;
  /** Left out, the rank is open. */
  readonly shape?: readonly (number | string)[];
}

/** A node; attributes are given as encoded fields. */
export interface OnnxNode {
  readonly name?: string;
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

/** A varint; one below zero has ten bytes. */
export function varint(value: number): Uint8Array {
  if (value < 0) return longVarint(BigInt.asUintN(64, BigInt(value)));
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

function longVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 7n) bytes.push(Number(rest & 127n) + (rest > 127n ? 128 : 0));
  return Uint8Array.from(bytes);
}

/** A field of four bytes: a single float. */
export function floatField(number: number, value: number): Uint8Array {
  return join(varint(number * 8 + 5), new Uint8Array(Float32Array.of(value).buffer));
}

/** An encoded attribute of a node. */
export function onnxAttribute(name: string, value: OnnxAttributeValue): Uint8Array {
  const encoded = (type: number, ...fields: Uint8Array[]): Uint8Array =>
    join(field(1, name), ...fields, field(20, type));
  if ('float' in value) return encoded(1, floatField(2, value.float));
  if ('int' in value) return encoded(2, field(3, value.int));
  if ('string' in value) return encoded(3, field(4, value.string));
  if ('tensor' in value) return encoded(4, field(5, value.tensor));
  if ('floats' in value) return encoded(6, ...value.floats.map((one) => floatField(7, one)));
  return encoded(7, ...value.ints.map((one) => field(8, one)));
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

/** An encoded tensor, its elements in `raw_data`. */
export function onnxTensor(
  name: string,
  shape: readonly number[],
  values: readonly number[],
  type: keyof typeof RAW = 'FP32',
): Uint8Array {
  return join(
    ...shape.map((size) => field(1, size)),
    field(2, ELEMENT_TYPES[type]),
    field(8, name),
    field(9, new Uint8Array(RAW[type](values))),
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
export function onnxModel(graph: OnnxGraph, opset = OPSET): Uint8Array {
  return join(
    field(1, IR_VERSION),
    field(7, onnxGraph(graph)),
    field(8, join(field(1, ''), field(2, opset))),
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

function encodeNode({ name, op, inputs, outputs, domain, attributes = [] }: OnnxNode): Uint8Array {
  return join(
    ...inputs.map((name) => field(1, name)),
    ...outputs.map((name) => field(2, name)),
    ...(name === undefined ? [] : [field(3, name)]),
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

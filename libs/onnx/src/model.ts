/** Element types of onnx.proto (`TensorProto.DataType`) that hold numbers of at most 64 bits. */
export const elementTypes = {
  1: 'FLOAT',
  2: 'UINT8',
  3: 'INT8',
  4: 'UINT16',
  5: 'INT16',
  6: 'INT32',
  7: 'INT64',
  9: 'BOOL',
  11: 'DOUBLE',
} as const;
export type ElementType = (typeof elementTypes)[keyof typeof elementTypes];

/** A constant tensor; its elements are row-major and exact as binary64. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What a node is told besides its inputs. */
export type OnnxAttribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  /** Graphs, lists of texts and whatever later versions add. */
  | { readonly kind: 'other' };

/** One operator of a graph. */
export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** The operator set; '' is ONNX's own. */
  readonly domain: string;
  /** '' stands for an input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** A tensor that goes in or comes out; a dimension without a fixed size is undefined. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType | undefined;
  /** Undefined where the file declares no rank. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

/** The graph of an ONNX file. */
export interface OnnxModel {
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Without those that are constants. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

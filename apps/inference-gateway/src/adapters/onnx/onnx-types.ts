import type { ModelDatatype } from '@touchstone/contracts';

/** The runtime's names of the datatypes of the Open Inference Protocol. */
const onnxTypes = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
} as const satisfies Record<ModelDatatype, string>;

/** A type of the runtime. */
export type OnnxType = (typeof onnxTypes)[ModelDatatype];

const datatypes = new Map<string, ModelDatatype>(
  (Object.entries(onnxTypes) as [ModelDatatype, OnnxType][]).map(([datatype, type]) => [type, datatype]),
);

/** The runtime's type of a datatype. */
export function onnxTypeOf(datatype: ModelDatatype): OnnxType {
  return onnxTypes[datatype];
}

/** The datatype of a runtime's type; undefined for types that the protocol does not know. */
export function datatypeOf(type: string): ModelDatatype | undefined {
  return datatypes.get(type);
}

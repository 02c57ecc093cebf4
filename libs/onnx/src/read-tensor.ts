import { elementTypes, type ElementType, type OnnxTensor } from './model.js';
import { malformed, type Field } from './protobuf-fields.js';
import { contents, eachField, floats, integer, integers, text } from './read-fields.js';

/** Most dimensions of a constant. */
export const TENSOR_RANK_MAX = 8;

/** Bytes of one element in `raw_data`, and how it is read. */
const RAW: Readonly<Record<ElementType, readonly [number, (view: DataView, at: number) => number]>> = {
  FLOAT: [4, (view, at) => view.getFloat32(at, true)],
  DOUBLE: [8, (view, at) => view.getFloat64(at, true)],
  UINT8: [1, (view, at) => view.getUint8(at)],
  BOOL: [1, (view, at) => view.getUint8(at)],
  INT8: [1, (view, at) => view.getInt8(at)],
  UINT16: [2, (view, at) => view.getUint16(at, true)],
  INT16: [2, (view, at) => view.getInt16(at, true)],
  INT32: [4, (view, at) => view.getInt32(at, true)],
  INT64: [8, (view, at) => Number(view.getBigInt64(at, true))],
};

/**
 * Reads a `TensorProto`. Its elements may lie in `raw_data` or in the field of their type, not in both, and not in
 * another file.
 *
 * @throws AppError `model-invalid`
 */
export function readTensor(message: Uint8Array): OnnxTensor {
  const shape: number[] = [];
  const listed: number[][] = [];
  let raw: Uint8Array | undefined;
  let name = '';
  let type: ElementType | undefined;
  eachField(message, {
    1: (field) => shape.push(...integers(field)),
    2: (field) => (type = typeOf(field)),
    4: (field) => listed.push(floats(field)),
    5: (field) => listed.push(integers(field)),
    7: (field) => listed.push(integers(field)),
    8: (field) => (name = text(field)),
    9: (field) => (raw = contents(field)),
    10: (field) => listed.push(doubles(field)),
    13: () => refuse(name, 'has its data outside of the file'),
  });
  const size = elementCount(name, shape);
  if (type === undefined) return refuse(name, 'has elements of a type that is not read');
  const data = raw === undefined ? Float64Array.from(listed.flat()) : readRaw(name, raw, type);
  if (raw !== undefined && listed.length > 0) refuse(name, 'has its elements twice');
  if (data.length !== size) refuse(name, `has ${data.length} elements for the shape [${shape.join(', ')}]`);
  return { name, type, shape, data };
}

/** The name of an element type that is read; undefined for the others. */
export function typeOf(field: Field): ElementType | undefined {
  return (elementTypes as Readonly<Record<number, ElementType>>)[integer(field)];
}

function elementCount(name: string, shape: readonly number[]): number {
  if (shape.length > TENSOR_RANK_MAX) refuse(name, `has more than ${TENSOR_RANK_MAX} dimensions`);
  let count = 1;
  for (const size of shape) {
    if (size < 0) refuse(name, 'has a dimension below zero');
    count *= size;
  }
  return count;
}

function readRaw(name: string, raw: Uint8Array, type: ElementType): Float64Array {
  const [width, read] = RAW[type];
  if (raw.length % width !== 0) refuse(name, 'ends inside an element');
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const data = new Float64Array(raw.length / width);
  for (let index = 0; index < data.length; index += 1) {
    const value = read(view, index * width);
    if (type === 'INT64' && !Number.isSafeInteger(value)) refuse(name, 'has a number beyond 2^53');
    data[index] = value;
  }
  return data;
}

function doubles(field: Field): number[] {
  const bytes = contents(field);
  if (bytes.length % 8 !== 0) throw malformed('a list of doubles ends inside one');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.getFloat64(8 * index, true));
}

function refuse(name: string, what: string): never {
  throw malformed(`the tensor ${JSON.stringify(name)} ${what}`);
}

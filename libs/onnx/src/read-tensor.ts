import { elementTypes, type ElementType, type OnnxTensor } from './model.js';
import { malformed, type Field } from './protobuf-fields.js';
import {
  appendDoubles,
  appendFloats,
  appendIntegers,
  contents,
  eachField,
  integer,
  text,
  viewOf,
} from './read-fields.js';

/** Most axes of a tensor. */
export const AXES_MAX = 8;

/** How the elements of a type lie in a file. */
interface Layout {
  /** Bytes of one element in `raw_data`, and how it is read. */
  readonly width: number;
  readonly read: (view: DataView, at: number) => number;
  /** The field of its own where there is no `raw_data`, and what may stand in it. */
  readonly field: number;
  readonly range: readonly [number, number];
}

/** Fields of `TensorProto` with elements. */
const FLOAT_DATA = 4;
const INT32_DATA = 5;
const INT64_DATA = 7;
const RAW_DATA = 9;
const DOUBLE_DATA = 10;
/** Where the elements may lie in another file. */
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;

const ANY = [-Infinity, Infinity] as const;
const LAYOUTS: Readonly<Record<ElementType, Layout>> = {
  FLOAT: { width: 4, read: (view, at) => view.getFloat32(at, true), field: FLOAT_DATA, range: ANY },
  DOUBLE: { width: 8, read: (view, at) => view.getFloat64(at, true), field: DOUBLE_DATA, range: ANY },
  UINT8: { width: 1, read: (view, at) => view.getUint8(at), field: INT32_DATA, range: [0, 255] },
  BOOL: { width: 1, read: (view, at) => view.getUint8(at), field: INT32_DATA, range: [0, 1] },
  INT8: { width: 1, read: (view, at) => view.getInt8(at), field: INT32_DATA, range: [-128, 127] },
  UINT16: { width: 2, read: (view, at) => view.getUint16(at, true), field: INT32_DATA, range: [0, 65_535] },
  INT16: {
    width: 2,
    read: (view, at) => view.getInt16(at, true),
    field: INT32_DATA,
    range: [-32_768, 32_767],
  },
  INT32: {
    width: 4,
    read: (view, at) => view.getInt32(at, true),
    field: INT32_DATA,
    range: [-2_147_483_648, 2_147_483_647],
  },
  INT64: {
    width: 8,
    read: (view, at) => Number(view.getBigInt64(at, true)),
    field: INT64_DATA,
    range: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  },
};

/**
 * Reads a `TensorProto`. Its elements may lie in `raw_data` or in the field of their type, not in both, and not in
 * another file.
 *
 * @throws AppError `model-invalid`
 */
export function readTensor(message: Uint8Array): OnnxTensor {
  const shape: number[] = [];
  const listed: number[] = [];
  const used = new Set<number>();
  let raw: Uint8Array | undefined;
  let name = '';
  let type: ElementType | undefined;
  const list = (append: (to: number[], field: Field) => void) => (field: Field) => {
    used.add(field.number);
    append(listed, field);
  };
  eachField(
    message,
    {
      2: (field) => (type = typeOf(field)),
      8: (field) => (name = text(field)),
      [RAW_DATA]: (field) => {
        used.add(RAW_DATA);
        raw = contents(field);
      },
      [DATA_LOCATION]: (field) => {
        if (integer(field) !== 0) used.add(EXTERNAL_DATA);
      },
    },
    {
      1: (field) => appendIntegers(shape, field),
      [FLOAT_DATA]: list(appendFloats),
      [INT32_DATA]: list(appendIntegers),
      [INT64_DATA]: list(appendIntegers),
      [DOUBLE_DATA]: list(appendDoubles),
      [EXTERNAL_DATA]: () => used.add(EXTERNAL_DATA),
    },
  );
  if (used.has(EXTERNAL_DATA)) return refuse(name, 'has its data outside of the file');
  if (type === undefined) return refuse(name, 'has elements of a type that is not read');
  const layout = LAYOUTS[type];
  if (used.size > 1) refuse(name, 'has its elements twice');
  if (raw === undefined && used.size === 1 && !used.has(layout.field))
    refuse(name, `has its elements in a field that is not that of ${type}`);
  const data = raw === undefined ? Float64Array.from(listed) : readRaw(name, raw, layout);
  const [least, most] = layout.range;
  if (data.some((value) => value < least || value > most)) refuse(name, `has an element beyond ${type}`);
  if (data.length !== elementCount(name, shape))
    refuse(name, `has ${data.length} elements for the shape [${shape.join(', ')}]`);
  return { name, type, shape, data };
}

/** The name of an element type that is read; undefined for the others. */
export function typeOf(field: Field): ElementType | undefined {
  return (elementTypes as Readonly<Record<number, ElementType>>)[integer(field)];
}

function elementCount(name: string, shape: readonly number[]): number {
  if (shape.length > AXES_MAX) refuse(name, `has more than ${AXES_MAX} dimensions`);
  if (shape.some((size) => size < 0)) refuse(name, 'has a dimension below zero');
  return shape.reduce((all, size) => all * size, 1);
}

function readRaw(name: string, raw: Uint8Array, { width, read }: Layout): Float64Array {
  if (raw.length % width !== 0) refuse(name, 'ends inside an element');
  const view = viewOf(raw);
  return Float64Array.from({ length: raw.length / width }, (_, index) => read(view, index * width));
}

function refuse(name: string, what: string): never {
  throw malformed(`the tensor ${JSON.stringify(name)} ${what}`);
}

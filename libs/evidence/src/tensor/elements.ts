import type { TensorDatatype } from '@touchstone/contracts';

/** Bytes of one element; BYTES has elements of its own length and stands apart. */
export const elementBytes = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
} as const satisfies Record<Exclude<TensorDatatype, 'BYTES'>, number>;

export type FixedDatatype = keyof typeof elementBytes;

const integerRange = {
  UINT8: [0, 0xff],
  UINT16: [0, 0xffff],
  UINT32: [0, 0xffff_ffff],
  INT8: [-0x80, 0x7f],
  INT16: [-0x8000, 0x7fff],
  INT32: [-0x8000_0000, 0x7fff_ffff],
} as const;

const int64Range = {
  UINT64: [0n, (1n << 64n) - 1n],
  INT64: [-(1n << 63n), (1n << 63n) - 1n],
} as const;

const INTEGER_TEXT = /^(?:0|-?[1-9][0-9]{0,19})$/;
const HALF_MAX = 65_504;
/** Half of the step above the largest half: values from here on round to infinity. */
const HALF_OVERFLOW = 65_520;

/** Writes one JSON value as an element at `offset`; returns what is wrong with it, or `undefined`. */
export function writeElement(
  view: DataView,
  offset: number,
  datatype: FixedDatatype,
  value: unknown,
): string | undefined {
  switch (datatype) {
    case 'BOOL':
      if (typeof value !== 'boolean') return 'expected true or false';
      view.setUint8(offset, value ? 1 : 0);
      return undefined;
    case 'INT64':
    case 'UINT64':
      return writeInt64(view, offset, datatype, value);
    case 'FP16':
    case 'FP32':
    case 'FP64':
      return writeFloat(view, offset, datatype, value);
    default:
      return writeInteger(view, offset, datatype, value);
  }
}

function writeInteger(
  view: DataView,
  offset: number,
  datatype: keyof typeof integerRange,
  value: unknown,
): string | undefined {
  const [min, max] = integerRange[datatype];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    return `expected an integer from ${min} to ${max}`;
  }
  if (datatype === 'UINT8') view.setUint8(offset, value);
  else if (datatype === 'INT8') view.setInt8(offset, value);
  else if (datatype === 'UINT16') view.setUint16(offset, value, true);
  else if (datatype === 'INT16') view.setInt16(offset, value, true);
  else if (datatype === 'UINT32') view.setUint32(offset, value, true);
  else view.setInt32(offset, value, true);
  return undefined;
}

/** 64-bit integers beyond ±(2^53−1) are decimal strings, because a JSON number would have lost bits. */
function writeInt64(
  view: DataView,
  offset: number,
  datatype: keyof typeof int64Range,
  value: unknown,
): string | undefined {
  const [min, max] = int64Range[datatype];
  const isNumber = typeof value === 'number' && Number.isSafeInteger(value);
  const isText = typeof value === 'string' && INTEGER_TEXT.test(value);
  if (!isNumber && !isText) return 'expected an integer, or a decimal string beyond ±(2^53−1)';
  const integer = BigInt(value);
  if (integer < min || integer > max) return `expected an integer from ${min} to ${max}`;
  if (datatype === 'UINT64') view.setBigUint64(offset, integer, true);
  else view.setBigInt64(offset, integer, true);
  return undefined;
}

function writeFloat(
  view: DataView,
  offset: number,
  datatype: 'FP16' | 'FP32' | 'FP64',
  value: unknown,
): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'expected a finite number';
  if (datatype === 'FP64') view.setFloat64(offset, value, true);
  else if (datatype === 'FP32') {
    if (!Number.isFinite(Math.fround(value))) return 'expected a number within the range of FP32';
    view.setFloat32(offset, value, true);
  } else {
    if (Math.abs(value) >= HALF_OVERFLOW) return `expected a number within ±${HALF_MAX} for FP16`;
    view.setUint16(offset, toHalfBits(value), true);
  }
  return undefined;
}

/** Reads one element as a JSON value; non-finite floats come back as they are, for the caller to refuse. */
export function readElement(
  view: DataView,
  offset: number,
  datatype: FixedDatatype,
): boolean | number | string {
  switch (datatype) {
    case 'BOOL':
      return view.getUint8(offset) === 1;
    case 'UINT8':
      return view.getUint8(offset);
    case 'INT8':
      return view.getInt8(offset);
    case 'UINT16':
      return view.getUint16(offset, true);
    case 'INT16':
      return view.getInt16(offset, true);
    case 'UINT32':
      return view.getUint32(offset, true);
    case 'INT32':
      return view.getInt32(offset, true);
    case 'UINT64':
      return integerToJson(view.getBigUint64(offset, true));
    case 'INT64':
      return integerToJson(view.getBigInt64(offset, true));
    case 'FP16':
      return fromHalfBits(view.getUint16(offset, true));
    case 'FP32':
      return view.getFloat32(offset, true);
    case 'FP64':
      return view.getFloat64(offset, true);
  }
}

function integerToJson(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** Rounds a double to IEEE 754 binary16, to nearest, ties to even, in one step from the double. */
export function toHalfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === 0) return sign;
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14);
  // log2 may be off by one just below a power of two; the mantissa then rounds into the next binade, which the
  // addition below carries into the exponent by itself.
  const scaled = magnitude / 2 ** (exponent - 10);
  const mantissa = roundHalfToEven(scaled);
  return exponent === -14 ? sign | mantissa : sign | (((exponent + 14) << 10) + mantissa);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}

/** Reads IEEE 754 binary16 bits as a number. */
export function fromHalfBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

import type { CanonicalTensor, TensorDatatype } from '@touchstone/contracts';
import { canonicalJson, compareUtf8 } from '@touchstone/canonical-json';
import { base64ToBytes, bytesToBase64, sha256TextHex } from '@touchstone/crypto';
import type { CanonicalWriter } from '../canonical-writer.js';
import { elementBytes, readElement, writeElement } from './elements.js';

/** Most elements that one tensor may have. */
export const TENSOR_ELEMENTS_MAX = 16_777_216;

/** A tensor as a JSON request carries it: `data` is flat or nested row-major. */
export interface JsonTensor {
  readonly name: string;
  readonly datatype: TensorDatatype;
  readonly shape: readonly number[];
  readonly data: unknown;
}

/** A finding about a tensor; `pointer` is relative to the tensor. */
export interface TensorError {
  readonly pointer: string;
  readonly detail: string;
}

export type TensorResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: TensorError };

const failure = (pointer: string, detail: string) => ({ ok: false, error: { pointer, detail } }) as const;

/** Most elements of one dimension, as in protocol section 8: 2^31 − 1. */
export const TENSOR_DIMENSION_MAX = 2_147_483_647;

/**
 * Number of elements of a shape, or `undefined` when it is not a shape or larger than the limit. A dimension of 0 leaves none,
 * whatever the others are.
 */
export function elementCount(shape: readonly number[]): number | undefined {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0 && size <= TENSOR_DIMENSION_MAX))
    return undefined;
  if (shape.includes(0)) return 0;
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (count > TENSOR_ELEMENTS_MAX) return undefined;
  }
  return count;
}

/**
 * Makes the canonical tensor of a JSON tensor (protocol section 8).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { decodeTensor, encodeTensor } from '@touchstone/evidence';
 *
 * const encoded = encodeTensor({ name: 'x', datatype: 'FP32', shape: [2, 1], data: [[0], [1.5]] });
 * assert(encoded.ok);
 * assert.equal(encoded.value.data, 'AAAAAAAAwD8='); // little-endian, row by row
 * assert.deepEqual(decodeTensor(encoded.value), { ok: true, value: [0, 1.5] });
 * ```
 */
export function encodeTensor(tensor: JsonTensor): TensorResult<CanonicalTensor> {
  const count = elementCount(tensor.shape);
  if (count === undefined)
    return failure('/shape', `expected sizes ≥ 0 of at most ${TENSOR_ELEMENTS_MAX} elements`);
  if (!Array.isArray(tensor.data)) return failure('/data', 'expected an array');
  const flat: unknown[] = tensor.data.some(Array.isArray)
    ? tensor.data.flat(tensor.shape.length - 1)
    : tensor.data;
  if (flat.length !== count)
    return failure('/data', `expected ${count} elements for the shape, got ${flat.length}`);
  const raw = tensor.datatype === 'BYTES' ? encodeBytes(flat) : encodeFixed(tensor.datatype, flat);
  if (!raw.ok) return raw;
  return { ok: true, value: fromRaw(tensor.name, tensor.datatype, tensor.shape, raw.value) };
}

function encodeFixed(
  datatype: keyof typeof elementBytes,
  values: readonly unknown[],
): TensorResult<Uint8Array> {
  const width = elementBytes[datatype];
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index += 1) {
    const problem = writeElement(view, index * width, datatype, values[index]);
    if (problem !== undefined) return failure(`/data/${index}`, problem);
  }
  return { ok: true, value: bytes };
}

function encodeBytes(values: readonly unknown[]): TensorResult<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const [index, value] of values.entries()) {
    if (typeof value !== 'string') return failure(`/data/${index}`, 'expected a string');
    const bytes = new TextEncoder().encode(value);
    parts.push(bytes);
    length += 4 + bytes.length;
  }
  const raw = new Uint8Array(length);
  const view = new DataView(raw.buffer);
  let offset = 0;
  for (const part of parts) {
    view.setUint32(offset, part.length, true);
    raw.set(part, offset + 4);
    offset += 4 + part.length;
  }
  return { ok: true, value: raw };
}

/** Wraps raw little-endian row-major contents. */
export function fromRaw(
  name: string,
  datatype: TensorDatatype,
  shape: readonly number[],
  raw: Uint8Array,
): CanonicalTensor {
  return { name, datatype, shape: [...shape], data: bytesToBase64(raw) };
}

/**
 * Reads the raw contents of a canonical tensor and checks them: canonical base64, the length that shape and
 * datatype ask for, BOOL bytes 00 or 01, no NaN and no infinity.
 */
export function rawContents(tensor: CanonicalTensor): TensorResult<Uint8Array> {
  const raw = base64ToBytes(tensor.data);
  if (!raw) return failure('/data', 'expected padded canonical base64');
  const count = elementCount(tensor.shape);
  if (count === undefined)
    return failure('/shape', `expected sizes ≥ 0 of at most ${TENSOR_ELEMENTS_MAX} elements`);
  if (tensor.datatype === 'BYTES') {
    return splitBytes(raw)?.length === count
      ? { ok: true, value: raw }
      : failure('/data', `expected ${count} elements`);
  }
  const width = elementBytes[tensor.datatype];
  if (raw.length !== count * width)
    return failure('/data', `expected ${count * width} bytes, got ${raw.length}`);
  const bad = firstForbiddenElement(tensor.datatype, raw, width);
  return bad === undefined
    ? { ok: true, value: raw }
    : failure('/data', `element ${bad} is not allowed (NaN, infinity or BOOL beyond 0 and 1)`);
}

function firstForbiddenElement(
  datatype: keyof typeof elementBytes,
  raw: Uint8Array,
  width: number,
): number | undefined {
  if (datatype !== 'BOOL' && !datatype.startsWith('FP')) return undefined;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let offset = 0; offset < raw.length; offset += width) {
    const forbidden =
      datatype === 'BOOL' ? view.getUint8(offset) > 1 : !Number.isFinite(readElement(view, offset, datatype));
    if (forbidden) return offset / width;
  }
  return undefined;
}

/** Splits raw BYTES contents into their elements; `undefined` when a length points outside. */
export function splitBytes(raw: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const elements: Uint8Array[] = [];
  let offset = 0;
  while (offset < raw.length) {
    if (offset + 4 > raw.length) return undefined;
    const length = view.getUint32(offset, true);
    offset += 4;
    if (offset + length > raw.length) return undefined;
    elements.push(raw.subarray(offset, offset + length));
    offset += length;
  }
  return elements;
}

/** Reads a canonical tensor back into flat JSON data. */
export function decodeTensor(tensor: CanonicalTensor): TensorResult<(boolean | number | string)[]> {
  const raw = rawContents(tensor);
  if (!raw.ok) return raw;
  if (tensor.datatype === 'BYTES') {
    const decoder = new TextDecoder('utf-8', { fatal: false });
    return {
      ok: true,
      value: (splitBytes(raw.value) as Uint8Array[]).map((element) => decoder.decode(element)),
    };
  }
  const width = elementBytes[tensor.datatype];
  const view = new DataView(raw.value.buffer, raw.value.byteOffset, raw.value.byteLength);
  const values: (boolean | number | string)[] = [];
  for (let offset = 0; offset < raw.value.length; offset += width) {
    values.push(readElement(view, offset, tensor.datatype));
  }
  return { ok: true, value: values };
}

/** True when the tensors stand as they are hashed: by the UTF-8 bytes of their names. */
export function areInOrder(tensors: readonly CanonicalTensor[]): boolean {
  return tensors.every(
    ({ name }, index) => index === 0 || compareUtf8((tensors[index - 1] as CanonicalTensor).name, name) <= 0,
  );
}

/**
 * `inputHash` and `outputHash`: sha256(JCS(tensors sorted by the UTF-8 bytes of their names)).
 *
 * @returns 32 bytes as lower-case hex, or an error when a name appears twice or a tensor is not canonical
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { fromRaw, tensorsHash } from '@touchstone/evidence';
 *
 * const [x, y] = ['x', 'y'].map((name) => fromRaw(name, 'UINT8', [2], Uint8Array.of(1, 2)));
 * assert(x && y);
 * assert.deepEqual(tensorsHash([y, x]), tensorsHash([x, y]));
 * assert.equal(tensorsHash([x, x]).ok, false); // one name twice
 * ```
 */
export function tensorsHash(
  tensors: readonly CanonicalTensor[],
  write: CanonicalWriter = canonicalJson,
): TensorResult<string> {
  const sorted = [...tensors].sort((left, right) => compareUtf8(left.name, right.name));
  for (const [index, tensor] of sorted.entries()) {
    if (sorted[index + 1]?.name === tensor.name)
      return failure('/name', `tensor ${tensor.name} appears twice`);
    const raw = rawContents(tensor);
    if (!raw.ok) return failure(raw.error.pointer, `tensor ${tensor.name}: ${raw.error.detail}`);
  }
  const plain = sorted.map(({ data, datatype, name, shape }) => ({ data, datatype, name, shape }));
  return { ok: true, value: sha256TextHex(write(plain)) };
}

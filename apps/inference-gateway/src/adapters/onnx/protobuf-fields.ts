import { AppError } from '@touchstone/contracts';

const VARINT = 0;
const FIXED64 = 1;
/** Wire type of strings, bytes, messages and packed numbers. */
export const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const VARINT_BYTES_MAX = 10;
/** Readers in other languages keep 32 bits of a tag and would find another field here than we do. */
const TAG_LIMIT = 2 ** 32;

/** One field of a protobuf message. */
export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** The contents of a length-delimited field; empty for the other types. */
  readonly bytes: Uint8Array;
  /** The value of a varint; beyond 2^53 it loses bits, and it is 0 for the other types. */
  readonly value: number;
}

/**
 * The fields of a message in their order. Strict: a truncated field, a group or the number 0 is refused instead of
 * guessed at.
 *
 * @throws AppError `model-invalid`
 */
export function* readFields(bytes: Uint8Array): Generator<Field> {
  let offset = 0;
  const varint = (): number => {
    const read = readVarint(bytes, offset);
    offset = read.next;
    return read.value;
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - offset) throw malformed('a field is longer than the file');
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  while (offset < bytes.length) {
    const tag = varint();
    const wireType = tag % 8;
    const number = (tag - wireType) / 8;
    if (tag >= TAG_LIMIT) throw malformed('the number of a field is longer than 32 bits');
    if (number === 0) throw malformed('a field has the number 0');
    let value = 0;
    if (wireType === VARINT) value = varint();
    else if (wireType === FIXED64) take(8);
    else if (wireType === FIXED32) take(4);
    else if (wireType !== LENGTH_DELIMITED) throw malformed(`a field has the wire type ${wireType}`);
    const content = wireType === LENGTH_DELIMITED ? take(varint()) : new Uint8Array();
    yield { number, wireType, bytes: content, value };
  }
}

/** Reads a varint at `start`; lengths beyond 2^53 lose bits, which is harmless: they are longer than any file. */
export function readVarint(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < VARINT_BYTES_MAX; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) throw malformed('the file ends inside a number');
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, next: start + index + 1 };
  }
  throw malformed('a number is longer than ten bytes');
}

/** The refusal of a file that is no protobuf message. */
export function malformed(detail: string): AppError {
  return new AppError('model-invalid', `The model is not a well-formed ONNX file: ${detail}.`);
}

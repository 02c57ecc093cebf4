import { AppError } from '@touchstone/contracts';

/** Wire type of whole numbers. */
export const VARINT = 0;
/** Wire type of doubles. */
export const FIXED64 = 1;
/** Wire type of strings, bytes, messages and packed numbers. */
export const LENGTH_DELIMITED = 2;
/** Wire type of single floats. */
export const FIXED32 = 5;
const VARINT_BYTES_MAX = 10;
/** Readers in other languages keep 32 bits of a tag and would find another field here than we do. */
const TAG_LIMIT = 2 ** 32;

/** One field of a protobuf message. */
export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** The contents of a field of any wire type, as they stand in the file. */
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
    const start = offset;
    if (wireType === VARINT) {
      const value = varint();
      yield { number, wireType, bytes: bytes.subarray(start, offset), value };
      continue;
    }
    if (wireType !== FIXED64 && wireType !== FIXED32 && wireType !== LENGTH_DELIMITED)
      throw malformed(`a field has the wire type ${wireType}`);
    const width = wireType === FIXED64 ? 8 : 4;
    yield { number, wireType, bytes: take(wireType === LENGTH_DELIMITED ? varint() : width), value: 0 };
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

/** A whole number of 64 bits with a sign, as ONNX writes its dimensions and attributes. */
export function readSigned(bytes: Uint8Array, start: number): { value: bigint; next: number } {
  let value = 0n;
  for (let index = 0; index < VARINT_BYTES_MAX; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) throw malformed('the file ends inside a number');
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value: BigInt.asIntN(64, value), next: start + index + 1 };
  }
  throw malformed('a number is longer than ten bytes');
}

/** Most characters of what a refusal says of a file: names in a file may be as long as the file. */
export const REFUSAL_CHARACTERS_MAX = 400;

/** The refusal of a file that is no protobuf message. */
export function malformed(detail: string): AppError {
  const short = detail.slice(0, REFUSAL_CHARACTERS_MAX);
  return new AppError('model-invalid', `The model is not a well-formed ONNX file: ${short}.`);
}

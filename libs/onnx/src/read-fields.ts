import {
  FIXED32,
  LENGTH_DELIMITED,
  malformed,
  readFields,
  readSigned,
  VARINT,
  type Field,
} from './protobuf-fields.js';

/** The contents of a string, bytes or message. */
export function contents({ number, wireType, bytes }: Field): Uint8Array {
  if (wireType !== LENGTH_DELIMITED) throw malformed(`the field ${number} is not a message`);
  return bytes;
}

/** A text in UTF-8. */
export function text(field: Field): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(contents(field));
  } catch {
    throw malformed(`the field ${field.number} is not UTF-8`);
  }
}

/** Whole numbers of a repeated field, packed or one by one; beyond 2^53 they are refused. */
export function integers(field: Field): number[] {
  const { bytes, wireType, number } = field;
  if (wireType !== VARINT && wireType !== LENGTH_DELIMITED)
    throw malformed(`the field ${number} holds no whole numbers`);
  const values: number[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const { value, next } = readSigned(bytes, offset);
    const short = Number(value);
    if (!Number.isSafeInteger(short)) throw malformed(`a whole number of the field ${number} is beyond 2^53`);
    values.push(short);
    offset = next;
  }
  return values;
}

/** One whole number. */
export function integer(field: Field): number {
  const [value, ...more] = integers(field);
  if (value === undefined || more.length > 0)
    throw malformed(`the field ${field.number} is not one whole number`);
  return value;
}

/** Single floats of a repeated field, packed or one by one. */
export function floats({ bytes, wireType, number }: Field): number[] {
  if ((wireType !== FIXED32 && wireType !== LENGTH_DELIMITED) || bytes.length % 4 !== 0)
    throw malformed(`the field ${number} holds no floats`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
}

/** Calls the reader of each field that has one, in the order of the file. */
export function eachField(
  message: Uint8Array,
  readers: Readonly<Record<number, (field: Field) => void>>,
): void {
  for (const field of readFields(message)) readers[field.number]?.(field);
}

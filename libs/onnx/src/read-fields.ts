import {
  FIXED32,
  FIXED64,
  LENGTH_DELIMITED,
  malformed,
  readFields,
  readSigned,
  VARINT,
  type Field,
} from './protobuf-fields.js';

/** What reads fields, by their numbers. */
type Readers = Readonly<Record<number, (field: Field) => void>>;

/**
 * Calls the reader of each field that has one, in the order of the file; the others are passed over.
 *
 * @param once fields that may stand there once: of two, one reader takes the first, another the last, a third joins them
 * @param repeated fields that are lists
 * @throws AppError `model-invalid`
 */
export function eachField(message: Uint8Array, once: Readers, repeated: Readers = {}): void {
  const seen = new Set<number>();
  for (const field of readFields(message)) {
    const { number } = field;
    if (seen.has(number)) throw malformed(`the field ${number} stands there twice`);
    if (once[number] !== undefined) seen.add(number);
    (once[number] ?? repeated[number])?.(field);
  }
}

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

/** One whole number. */
export function integer({ bytes, wireType, number }: Field): number {
  if (wireType !== VARINT) throw malformed(`the field ${number} is not one whole number`);
  return safe(readSigned(bytes, 0).value, number);
}

/** Whole numbers of a list, packed or one by one, after those that are there. */
export function appendIntegers(to: number[], { bytes, wireType, number }: Field): void {
  if (wireType !== VARINT && wireType !== LENGTH_DELIMITED)
    throw malformed(`the field ${number} holds no whole numbers`);
  for (let offset = 0; offset < bytes.length;) {
    const { value, next } = readSigned(bytes, offset);
    to.push(safe(value, number));
    offset = next;
  }
}

/** One single float. */
export function float({ bytes, wireType, number }: Field): number {
  if (wireType !== FIXED32) throw malformed(`the field ${number} is not one float`);
  return viewOf(bytes).getFloat32(0, true);
}

/** Single floats of a list, packed or one by one, after those that are there. */
export function appendFloats(to: number[], { bytes, wireType, number }: Field): void {
  if ((wireType !== FIXED32 && wireType !== LENGTH_DELIMITED) || bytes.length % 4 !== 0)
    throw malformed(`the field ${number} holds no floats`);
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += 4) to.push(view.getFloat32(at, true));
}

/** Doubles of a list, packed or one by one, after those that are there. */
export function appendDoubles(to: number[], { bytes, wireType, number }: Field): void {
  if ((wireType !== FIXED64 && wireType !== LENGTH_DELIMITED) || bytes.length % 8 !== 0)
    throw malformed(`the field ${number} holds no doubles`);
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += 8) to.push(view.getFloat64(at, true));
}

/** A view of some bytes. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Numbers beyond 2^53 would lose bits. */
function safe(value: bigint, number: number): number {
  const short = Number(value);
  if (!Number.isSafeInteger(short)) throw malformed(`a whole number of the field ${number} is beyond 2^53`);
  return short;
}

import { AppError } from '@touchstone/contracts';

/** Field numbers of onnx.proto (ONNX IR version 3 and later). */
const MODEL_METADATA_PROPS = 14;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const VARINT_BYTES_MAX = 10;

interface Field {
  readonly number: number;
  readonly wireType: number;
  /** The contents of a length-delimited field; empty for the other types. */
  readonly bytes: Uint8Array;
}

/**
 * Reads `metadata_props` of an ONNX file. Strict, because the digest of the preprocessing is found here: a truncated
 * message, a group, a key that appears twice or text that is not UTF-8 is refused instead of guessed at.
 *
 * @throws AppError `model-invalid`
 */
export function readOnnxMetadata(model: Uint8Array): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const field of readFields(model)) {
    if (field.number !== MODEL_METADATA_PROPS) continue;
    if (field.wireType !== LENGTH_DELIMITED) throw malformed('metadata_props is not a message');
    const { key, value } = readEntry(field.bytes);
    if (properties.has(key)) throw malformed(`the metadata key ${JSON.stringify(key)} appears twice`);
    properties.set(key, value);
  }
  return properties;
}

function readEntry(bytes: Uint8Array): { key: string; value: string } {
  const entry = { key: '', value: '' };
  const seen = new Set<number>();
  for (const field of readFields(bytes)) {
    if (field.number !== ENTRY_KEY && field.number !== ENTRY_VALUE) continue;
    if (field.wireType !== LENGTH_DELIMITED || seen.has(field.number))
      throw malformed('a metadata entry is ambiguous');
    seen.add(field.number);
    entry[field.number === ENTRY_KEY ? 'key' : 'value'] = utf8(field.bytes);
  }
  return entry;
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('a metadata entry is not UTF-8');
  }
}

function* readFields(bytes: Uint8Array): Generator<Field> {
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
    if (number === 0) throw malformed('a field has the number 0');
    if (wireType === VARINT) varint();
    else if (wireType === FIXED64) take(8);
    else if (wireType === FIXED32) take(4);
    else if (wireType !== LENGTH_DELIMITED) throw malformed(`a field has the wire type ${wireType}`);
    const content = wireType === LENGTH_DELIMITED ? take(varint()) : new Uint8Array();
    yield { number, wireType, bytes: content };
  }
}

/** Reads a varint; lengths beyond 2^53 lose bits, which is harmless: they are longer than any file. */
function readVarint(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < VARINT_BYTES_MAX; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) throw malformed('the file ends inside a number');
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, next: start + index + 1 };
  }
  throw malformed('a number is longer than ten bytes');
}

function malformed(detail: string): AppError {
  return new AppError('model-invalid', `The model is not a well-formed ONNX file: ${detail}.`);
}

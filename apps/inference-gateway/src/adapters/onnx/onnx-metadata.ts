import { LENGTH_DELIMITED, malformed, readFields } from '@touchstone/onnx';

/** Field numbers of onnx.proto (ONNX IR version 3 and later). */
const MODEL_METADATA_PROPS = 14;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

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

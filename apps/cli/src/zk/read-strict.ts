import { parseStrictJson, type JsonValue } from '@touchstone/canonical-json';
import { CommandError, exitCodes } from '../exit-codes.js';

/** Reads strict JSON that a program wrote. @throws CommandError `invalid` */
export function readStrict(bytes: Uint8Array, maxBytes: number): JsonValue {
  const parsed = parseStrictJson(bytes, { maxBytes });
  if (parsed.ok) return parsed.value;
  throw new CommandError(exitCodes.invalid, `The prover wrote no strict JSON: ${parsed.error.message}`);
}

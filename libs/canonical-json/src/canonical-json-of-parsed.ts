import type { JsonValue } from './json-value.js';
import { writeCanonical } from './write-canonical.js';

/**
 * {@link canonicalJson} of what `parseStrictJson` returned, whole or in part, or of a literal that holds nothing else.
 * Such a value is known to be JSON, so that nothing is left to look for but the order of the members: where they stand
 * in it already, the platform's own writer gives the canonical form.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { canonicalJsonOfParsed, parseStrictJson } from '@touchstone/canonical-json';
 *
 * const read = parseStrictJson('{ "b": 1.0, "a": 2 }', { maxBytes: 1024 });
 * assert(read.ok);
 * assert.equal(canonicalJsonOfParsed(read.value), '{"a":2,"b":1}');
 * ```
 */
export function canonicalJsonOfParsed(value: JsonValue): string {
  return hasSortedMembers(value) ? JSON.stringify(value) : writeCanonical(value, []);
}

/** Whether all member names stand in the order of their UTF-16 code units (RFC 8785 section 3.2.3). */
function hasSortedMembers(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(hasSortedMembers);
  let previous = '';
  for (const name in value) {
    if (name < previous || !hasSortedMembers(value[name] as JsonValue)) return false;
    previous = name;
  }
  return true;
}

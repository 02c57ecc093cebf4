import { writeCanonical } from './write-canonical.js';

const encoder = new TextEncoder();

/**
 * Writes a value in its canonical form (RFC 8785, JCS): member names sorted by UTF-16 code units, numbers as
 * ECMAScript writes them, no white space. −0 is written as 0.
 *
 * Accepted are plain objects, arrays, well-formed strings, numbers within ±(2^53 − 1), booleans and null, nested
 * up to {@link JSON_DEPTH_MAX} levels. Everything else (Map, Date, Uint8Array, `undefined`, `toJSON`, functions,
 * class instances, bigint, symbols, holes, accessors) is an error, never silently turned into something else:
 * a signature over `{}` where somebody meant a Map would prove nothing.
 *
 * @throws CanonicalJsonError with the JSON pointer of the value that is not JSON
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { canonicalJson } from '@touchstone/canonical-json';
 *
 * assert.equal(canonicalJson({ b: 1, a: [1.0, 'x'] }), '{"a":[1,"x"],"b":1}');
 * assert.throws(() => canonicalJson({ at: new Date(0) }), { reason: 'not-json', pointer: '/at' });
 * ```
 */
export function canonicalJson(value: unknown): string {
  return writeCanonical(value, []);
}

/**
 * {@link canonicalJson} in UTF-8, the bytes that are hashed and signed.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { canonicalBytes } from '@touchstone/canonical-json';
 *
 * assert.deepEqual(canonicalBytes(['é']), Uint8Array.of(0x5b, 0x22, 0xc3, 0xa9, 0x22, 0x5d));
 * ```
 */
export function canonicalBytes(value: unknown): Uint8Array {
  return encoder.encode(canonicalJson(value));
}

import { StrictJsonRefusal } from './json-cursor.js';
import { JSON_DEPTH_MAX } from './json-limits.js';
import type { JsonValue } from './json-value.js';
import { readNatively } from './read-natively.js';
import type { StrictJsonError } from './strict-json-error.js';
import { StrictJsonReader } from './strict-json-reader.js';
import { strictJsonText } from './strict-json-text.js';

/**
 * Which numbers a document may have. `evidence`: what has one canonical form, within ±(2^53 − 1) and without a negative
 * zero. `finite`: every finite binary64 value, with the sign of its zero, for measurements that are stored as bits and
 * never as JSON.
 */
export type StrictJsonNumbers = 'evidence' | 'finite';

/** Limits that the caller sets on one document. */
export interface StrictJsonLimits {
  /** Largest size of the document in bytes of UTF-8. */
  readonly maxBytes: number;
  /** Deepest nesting, 0 to {@link JSON_DEPTH_MAX}, which is the default. */
  readonly maxDepth?: number;
  /** `evidence` when left out. A value that was read with `finite` may have no canonical form. */
  readonly numbers?: StrictJsonNumbers;
}

/** The value of a document, or why it was refused. */
export type StrictJsonResult = { ok: true; value: JsonValue } | { ok: false; error: StrictJsonError };

/**
 * Reads untrusted JSON text before it becomes evidence.
 *
 * Accepted is RFC 8259 text in UTF-8 without a byte order mark that is also I-JSON (RFC 7493): no member name
 * twice, no lone surrogate (written or escaped), nesting up to `maxDepth`, and only numbers whose binary64 value
 * is finite and within ±(2^53 − 1), whatever their notation; −0 becomes 0. Two verifiers that read such a text in
 * different languages therefore read the same value. With `numbers: 'finite'` larger numbers pass and −0 stays.
 *
 * Members are own data properties, a member named `__proto__` included. Never throws on a document.
 *
 * @throws RangeError when a limit is not an integer in its range, which is a programmer's mistake
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { parseStrictJson } from '@touchstone/canonical-json';
 *
 * const twice = parseStrictJson('{"a":1,"a":2}', { maxBytes: 1024 });
 * assert(!twice.ok);
 * assert.deepEqual([twice.error.reason, twice.error.pointer], ['duplicate-key', '/a']);
 * assert.deepEqual(parseStrictJson('[-0, 1e2]', { maxBytes: 1024 }), { ok: true, value: [0, 100] });
 * ```
 */
export function parseStrictJson(source: string | Uint8Array, limits: StrictJsonLimits): StrictJsonResult {
  const { maxBytes, maxDepth = JSON_DEPTH_MAX, numbers = 'evidence' } = limits;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw new RangeError('maxBytes is not a positive integer.');
  if (!Number.isSafeInteger(maxDepth) || maxDepth < 0 || maxDepth > JSON_DEPTH_MAX) {
    throw new RangeError(`maxDepth is not an integer from 0 to ${JSON_DEPTH_MAX}.`);
  }
  const decoded = strictJsonText(source, maxBytes);
  if (!decoded.ok) return decoded;
  const value = readNatively(decoded.text, maxDepth, numbers);
  if (value !== undefined) return { ok: true, value };
  try {
    return { ok: true, value: new StrictJsonReader(decoded.text, maxDepth, numbers).readDocument() };
  } catch (thrown) {
    if (thrown instanceof StrictJsonRefusal) return { ok: false, error: thrown.error };
    throw thrown;
  }
}

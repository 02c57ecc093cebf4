import { readRfc3339 } from '@touchstone/contracts';

const UTC_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/**
 * Reads a time of a document that is signed or hashed, where another spelling of the same value is an error (protocol,
 * section 1): RFC 3339 in UTC, with seconds and at most three digits of their fraction. Leap seconds, 24:00 and days that the
 * calendar does not have are refused. What callers send is read by `readRfc3339`.
 *
 * @returns milliseconds since 1970-01-01T00:00:00Z, or `undefined`
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { parseUtcTime } from '@touchstone/crypto';
 *
 * assert.equal(parseUtcTime('1970-01-01T00:00:01.5Z'), 1500);
 * assert.equal(parseUtcTime('1970-01-01T01:00:01+01:00'), undefined);
 * ```
 */
export function parseUtcTime(text: string): number | undefined {
  return UTC_TIME.test(text) ? readRfc3339(text) : undefined;
}

/** The first code unit that is half of a character beyond U+FFFF; above it UTF-16 and UTF-8 sort differently. */
const SURROGATE_FIRST = 0xd800;
const SURROGATE_LAST = 0xdfff;
const CODE_UNITS = 0x10000;

/**
 * Compares two well-formed texts by their UTF-8 bytes, for `sort`. JavaScript's own order is that of UTF-16 code units,
 * which puts U+1F600 before U+FF5E; the protocol's orders (events in a batch, names of tensors, capabilities) are the
 * other way round.
 *
 * @returns negative, zero or positive; the shorter of two texts that begin alike comes first
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { compareUtf8 } from '@touchstone/canonical-json';
 *
 * assert.deepEqual(['\u{1f600}', '\uff5e'].sort(compareUtf8), ['\uff5e', '\u{1f600}']);
 * assert.deepEqual(['\u{1f600}', '\uff5e'].sort(), ['\u{1f600}', '\uff5e']);
 * ```
 */
export function compareUtf8(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Code points are in the order of their UTF-8 bytes, and halves of a pair stand for code points above all others. */
function rank(codeUnit: number): number {
  return codeUnit >= SURROGATE_FIRST && codeUnit <= SURROGATE_LAST ? codeUnit + CODE_UNITS : codeUnit;
}

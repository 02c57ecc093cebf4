import type { JsonCursor } from './json-cursor.js';
import { JSON_NUMBER_MAX } from './json-limits.js';
import type { StrictJsonNumbers } from './parse-strict-json.js';

const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const LOWER_E = 0x65;

/** Integers of so many digits are exact in binary64, so that they need no conversion from text. */
const EXACT_DIGITS = 15;

/**
 * Reads a number (RFC 8259 section 6) as binary64, whatever its notation. A text that starts no number starts no
 * value at all: the caller has looked at everything else before.
 */
export function readNumber(cursor: JsonCursor, numbers: StrictJsonNumbers): number {
  const { text } = cursor;
  const start = cursor.position;
  const negative = text.charCodeAt(start) === MINUS;
  const first = negative ? start + 1 : start;
  cursor.position = first;
  const integer = readDigits(cursor, negative ? 'a digit' : 'a value');
  if (cursor.position > first + 1 && text.charCodeAt(first) === ZERO) {
    throw cursor.refusal('syntax', 'A number has no leading zeros');
  }
  const code = text.charCodeAt(cursor.position);
  if (code !== DOT && (code | 0x20) !== LOWER_E && cursor.position - first <= EXACT_DIGITS) {
    return signedZero(negative ? -integer : integer, numbers);
  }
  return readLongNumber(cursor, start, numbers);
}

/** Continues behind the integer digits: fraction, exponent, conversion by the rules of binary64. */
function readLongNumber(cursor: JsonCursor, start: number, numbers: StrictJsonNumbers): number {
  const { text } = cursor;
  if (text.charCodeAt(cursor.position) === DOT) {
    cursor.position += 1;
    readDigits(cursor, 'a digit');
  }
  if ((text.charCodeAt(cursor.position) | 0x20) === LOWER_E) {
    cursor.position += 1;
    const sign = text.charCodeAt(cursor.position);
    if (sign === PLUS || sign === MINUS) cursor.position += 1;
    readDigits(cursor, 'a digit');
  }
  const value = Number(text.slice(start, cursor.position));
  if (!Number.isFinite(value)) {
    throw cursor.refusal('number-not-finite', 'The number is beyond the range of binary64');
  }
  if (numbers === 'evidence' && Math.abs(value) > JSON_NUMBER_MAX) {
    throw cursor.refusal('number-out-of-range', 'The number is beyond ±(2^53 - 1); send it as a string');
  }
  return signedZero(value, numbers);
}

/** The negative zero has no canonical form of its own: it stays a bit of a measurement alone. */
function signedZero(value: number, numbers: StrictJsonNumbers): number {
  return value === 0 && numbers === 'evidence' ? 0 : value;
}

/** Reads one or more digits and returns their value, which is exact up to {@link EXACT_DIGITS} digits. */
function readDigits(cursor: JsonCursor, expected: string): number {
  const { text } = cursor;
  let code = text.charCodeAt(cursor.position);
  if (!isDigit(code)) throw cursor.unexpected(expected);
  let value = 0;
  while (isDigit(code)) {
    value = value * 10 + (code - ZERO);
    cursor.position += 1;
    code = text.charCodeAt(cursor.position);
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

import type { JsonCursor, StrictJsonRefusal } from './json-cursor.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;

const FOUR_HEX_DIGITS = /[0-9A-Fa-f]{4}/y;

/** RFC 8259 section 7: the two-character escapes. `\u` is read apart. */
const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
]);

/** Reads a string (RFC 8259 section 7) that has a UTF-8 form; the cursor stands on its opening quote. */
export function readString(cursor: JsonCursor): string {
  const { text } = cursor;
  let result = '';
  let position = cursor.position + 1;
  let chunkStart = position;
  for (;;) {
    const code = text.charCodeAt(position);
    if (code === QUOTE) {
      cursor.position = position + 1;
      return result + text.slice(chunkStart, position);
    }
    if (code === BACKSLASH) {
      result += text.slice(chunkStart, position);
      cursor.position = position;
      result += readEscape(cursor);
      position = cursor.position;
      chunkStart = position;
    } else if (code >= 0x20 && (code & 0xf800) !== 0xd800) {
      position += 1;
    } else {
      cursor.position = position;
      checkSurrogatePair(cursor, code, text.charCodeAt(position + 1));
      position += 2;
    }
  }
}

/** Accepts a surrogate pair written as itself, and refuses every other code unit that a string cannot contain. */
function checkSurrogatePair(cursor: JsonCursor, code: number, next: number): void {
  if (code < 0x20) throw cursor.refusal('syntax', 'A control character in a string must be escaped');
  if (Number.isNaN(code)) throw cursor.unexpected('the end of the string');
  if (!isHighSurrogate(code) || !isLowSurrogate(next)) throw loneSurrogate(cursor);
}

function readEscape(cursor: JsonCursor): string {
  const code = cursor.text.charCodeAt(cursor.position + 1);
  if (code === LOWER_U) return readUnicodeEscape(cursor);
  const character = SHORT_ESCAPES.get(code);
  if (character === undefined) throw cursor.refusal('syntax', 'Unknown escape sequence');
  cursor.position += 2;
  return character;
}

/** A pair must be escaped as a whole: an escaped half beside a literal half is not one character. */
function readUnicodeEscape(cursor: JsonCursor): string {
  const unit = readCodeUnit(cursor);
  if ((unit & 0xf800) !== 0xd800) return String.fromCharCode(unit);
  if (!isHighSurrogate(unit) || !cursor.text.startsWith('\\u', cursor.position)) throw loneSurrogate(cursor);
  const low = readCodeUnit(cursor);
  if (!isLowSurrogate(low)) throw loneSurrogate(cursor);
  return String.fromCharCode(unit, low);
}

function readCodeUnit(cursor: JsonCursor): number {
  const start = cursor.position + 2;
  FOUR_HEX_DIGITS.lastIndex = start;
  if (!FOUR_HEX_DIGITS.test(cursor.text))
    throw cursor.refusal('syntax', '"\\u" needs four hexadecimal digits');
  cursor.position = start + 4;
  return Number.parseInt(cursor.text.slice(start, start + 4), 16);
}

function loneSurrogate(cursor: JsonCursor): StrictJsonRefusal {
  return cursor.refusal('lone-surrogate', 'A surrogate without its partner has no UTF-8 form');
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

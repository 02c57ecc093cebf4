import { JSON_NUMBER_MAX } from './json-limits.js';
import type { JsonValue } from './json-value.js';
import type { StrictJsonNumbers } from './parse-strict-json.js';

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** How an escaped surrogate begins, as does what `JSON.stringify` escapes seldom: control characters. */
const ESCAPE = '\\u';

/**
 * Reads a text with `JSON.parse`, which knows the same grammar and is several times as fast as the reader.
 *
 * It checks too little: of two members of one name it keeps the second, so the members of text and value are counted;
 * and it lets surrogates, numbers and nesting pass that evidence may not have. It may also read a name with an escape
 * as another one, depending on what was read before (V8 12.8 and newer, nodejs/node#63785), so that such a name is
 * left to the reader.
 *
 * @returns the value, or `undefined` when there is something that the reader has to word, or to decide
 */
export function readNatively(
  text: string,
  maxDepth: number,
  numbers: StrictJsonNumbers = 'evidence',
): JsonValue | undefined {
  if (!text.isWellFormed() || text.includes(ESCAPE)) return undefined;
  const value = parse(text);
  const fits = numbers === 'finite' ? Number.isFinite : isEvidence;
  return value !== undefined && countMembers(value, maxDepth, fits) === countNames(text) ? value : undefined;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

const isEvidence = (value: number): boolean => Math.abs(value) <= JSON_NUMBER_MAX && !Object.is(value, -0);

/** Members of all objects; NaN when a number does not fit, or containers are nested deeper than `depth`. */
function countMembers(value: JsonValue, depth: number, fits: (value: number) => boolean): number {
  if (typeof value === 'number') return fits(value) ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === 0) return Number.NaN;
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += countMembers(element, depth - 1, fits);
    return count;
  }
  for (const name in value) count += 1 + countMembers(value[name] as JsonValue, depth - 1, fits);
  return count;
}

/**
 * Member names in a text that is JSON: each is followed by the only colons that stand outside of strings. NaN when a
 * name has an escape.
 */
function countNames(text: string): number {
  let count = 0;
  let opening = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      opening = index;
      index = closingQuote(text, index);
    } else if (code === COLON) {
      count += 1;
      if (hasEscape(text, opening)) return Number.NaN;
    }
  }
  return count;
}

/** Whether a backslash stands in the string that begins at a quote; reads no further than that string. */
function hasEscape(text: string, opening: number): boolean {
  for (let index = opening + 1; ; index += 1) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH) return true;
    if (code === QUOTE) return false;
  }
}

function closingQuote(text: string, opening: number): number {
  let quote = opening;
  do quote = text.indexOf('"', quote + 1);
  while (isEscaped(text, quote));
  return quote;
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(text: string, quote: number): boolean {
  let first = quote;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (quote - first) % 2 === 1;
}

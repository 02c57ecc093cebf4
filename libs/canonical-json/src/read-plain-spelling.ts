import { JSON_NUMBER_MAX } from './json-limits.js';
import type { JsonValue } from './json-value.js';

/** How `JSON.stringify` begins to escape a lone surrogate. */
const ESCAPED_SURROGATE = '\\ud';

/**
 * Reads a text that is spelled just as `JSON.stringify` spells its value, which canonical JSON is but for members
 * named by numbers. Two native passes cost a third of the reader's own.
 *
 * Equal texts leave little to check. Had an object a name twice, a number more digits than binary64 holds or a
 * notation of its own, it would be written otherwise than it was read. What is left is a lone surrogate, which is
 * written as it was escaped, the range of numbers, and the depth, which also has to be bounded before writing.
 *
 * @returns the value, or `undefined` when another spelling or a broken rule makes it a case for the reader
 */
export function readPlainSpelling(text: string, maxDepth: number): JsonValue | undefined {
  const value = parse(text);
  if (value === undefined || !isWithin(value, maxDepth)) return undefined;
  return JSON.stringify(value) === text && !text.includes(ESCAPED_SURROGATE) ? value : undefined;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Whether all numbers are in range, and containers nested `depth` levels at most. */
function isWithin(value: JsonValue, depth: number): boolean {
  if (typeof value === 'number') return Math.abs(value) <= JSON_NUMBER_MAX;
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((element) => isWithin(element, depth - 1));
  for (const name in value) {
    if (!isWithin(value[name] as JsonValue, depth - 1)) return false;
  }
  return true;
}

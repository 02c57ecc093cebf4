import { CanonicalJsonError, type CanonicalJsonReason } from './canonical-json-error.js';
import { JSON_DEPTH_MAX, JSON_NUMBER_MAX } from './json-limits.js';
import { jsonPointer } from './json-pointer.js';

type Path = (string | number)[];

/** Printable ASCII that stands for itself between quotes: most texts, and looking costs less than writing. */
const NOT_VERBATIM = /[^ !#-[\]-~]/;

/**
 * Writes a value in canonical form (RFC 8785) while making sure that it is JSON. Every member is read once, so that
 * nothing can change between the check and the use.
 *
 * @param path where the value stands, for the refusal; it is restored before returning
 * @throws CanonicalJsonError at the first value that is not JSON, in the order of the text
 */
export function writeCanonical(value: unknown, path: Path): string {
  switch (typeof value) {
    case 'string':
      return writeString(value, path, 'The string has a lone surrogate');
    case 'number':
      return writeNumber(value, path);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeContainer(value, path);
    default:
      throw refusal('not-json', path, `A value of type ${typeof value} is not JSON`);
  }
}

/** RFC 8785 section 3.2.2.2 is what `JSON.stringify` writes, but for lone surrogates, which it escapes. */
function writeString(text: string, path: Path, detail: string): string {
  if (!NOT_VERBATIM.test(text)) return `"${text}"`;
  const written = JSON.stringify(text);
  // Looking for a surrogate costs more than writing, and a text that grew by its quotes alone has none.
  if (written.length !== text.length + 2 && !text.isWellFormed()) {
    throw refusal('lone-surrogate', path, detail);
  }
  return written;
}

/** RFC 8785 section 3.2.2.3 is what ECMAScript writes, for −0 too. */
function writeNumber(value: number, path: Path): string {
  if (!Number.isFinite(value)) throw refusal('number-not-finite', path, 'The number is not finite');
  if (Math.abs(value) > JSON_NUMBER_MAX) {
    throw refusal('number-out-of-range', path, 'The number is beyond ±(2^53 - 1)');
  }
  return String(value);
}

function writeContainer(value: object, path: Path): string {
  // A cycle is nested without end, so this also ends the walk over one.
  if (path.length >= JSON_DEPTH_MAX) {
    throw refusal('too-deep', path, `Arrays and objects are nested deeper than ${JSON_DEPTH_MAX} levels`);
  }
  if (Array.isArray(value)) {
    if (isPlainArray(value)) return writeArray(value, path);
  } else if (isPlainObject(value)) {
    return writeObject(value, path);
  }
  throw refusal('not-json', path, 'Only plain objects and arrays are JSON, not instances of a class');
}

function writeArray(array: readonly unknown[], path: Path): string {
  // Holes and additional members (those of a regular expression's match, say) would vanish in the text.
  if (Reflect.ownKeys(array).length !== array.length + 1) {
    throw refusal('not-json', path, 'An array with holes or with additional members is not JSON');
  }
  let text = '[';
  const last = path.length;
  for (let index = 0; index < array.length; index += 1) {
    path[last] = index;
    if (index > 0) text += ',';
    text += writeCanonical(array[index], path);
  }
  path.length = last;
  return `${text}]`;
}

function writeObject(object: object, path: Path): string {
  let text = '{';
  for (const key of memberNames(object, path)) {
    const name = writeString(key, path, 'A member name has a lone surrogate');
    path.push(key);
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (property?.enumerable !== true || !('value' in property)) {
      throw refusal('not-json', path, 'An accessor or a hidden member is not JSON');
    }
    if (text.length > 1) text += ',';
    text += `${name}:${writeCanonical(property.value, path)}`;
    path.pop();
  }
  return `${text}}`;
}

/** Member names by their UTF-16 code units (RFC 8785 section 3.2.3), which is how `sort` compares. */
function memberNames(object: object, path: Path): string[] {
  if (Object.getOwnPropertySymbols(object).length > 0) {
    throw refusal('not-json', path, 'An object with symbol keys is not JSON');
  }
  const names = Object.getOwnPropertyNames(object);
  return isSorted(names) ? names : names.sort();
}

/** What was read from canonical text is in order already; seeing that costs a tenth of sorting. */
function isSorted(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index += 1) {
    if ((names[index] as string) < (names[index - 1] as string)) return false;
  }
  return true;
}

/** True for arrays of any realm; the prototype of a subclass is not an array itself, `Array.prototype` is one. */
function isPlainArray(value: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Array.prototype || Array.isArray(prototype);
}

/** True for object literals of any realm and for objects without a prototype. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return (
    typeof prototype === 'object' &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf')
  );
}

function refusal(reason: CanonicalJsonReason, path: Path, detail: string): CanonicalJsonError {
  return new CanonicalJsonError(reason, jsonPointer(path), detail);
}

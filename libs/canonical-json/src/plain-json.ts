import { CanonicalJsonError, type CanonicalJsonReason } from './canonical-json-error.js';
import { JSON_DEPTH_MAX, JSON_NUMBER_MAX } from './json-limits.js';
import { jsonPointer } from './json-pointer.js';
import type { JsonObject, JsonValue } from './json-value.js';
import { hasLoneSurrogate } from './lone-surrogate.js';

type Path = (string | number)[];

/**
 * Copies a value while making sure that it is JSON. The writer works on the copy, so that nothing can change
 * between the check and the use.
 *
 * @throws CanonicalJsonError at the first value that is not JSON
 */
export function plainJson(value: unknown): JsonValue {
  return copyValue(value, []);
}

function copyValue(value: unknown, path: Path): JsonValue {
  switch (typeof value) {
    case 'string':
      if (hasLoneSurrogate(value)) throw refusal('lone-surrogate', path, 'The string has a lone surrogate');
      return value;
    case 'number':
      return checkNumber(value, path);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyContainer(value, path);
    default:
      throw refusal('not-json', path, `A value of type ${typeof value} is not JSON`);
  }
}

function checkNumber(value: number, path: Path): number {
  if (!Number.isFinite(value)) throw refusal('number-not-finite', path, 'The number is not finite');
  if (Math.abs(value) > JSON_NUMBER_MAX) {
    throw refusal('number-out-of-range', path, 'The number is beyond ±(2^53 - 1)');
  }
  return value === 0 ? 0 : value;
}

function copyContainer(value: object, path: Path): JsonValue {
  // A cycle is nested without end, so this also ends the walk over one.
  if (path.length >= JSON_DEPTH_MAX) {
    throw refusal('too-deep', path, `Arrays and objects are nested deeper than ${JSON_DEPTH_MAX} levels`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw refusal('not-json', path, 'An object with symbol keys is not JSON');
  }
  if (Array.isArray(value)) {
    if (isPlainArray(value)) return copyArray(value, path);
  } else if (isPlainObject(value)) {
    return copyObject(value, path);
  }
  throw refusal('not-json', path, 'Only plain objects and arrays are JSON, not instances of a class');
}

function copyArray(array: readonly unknown[], path: Path): JsonValue[] {
  // Holes and additional members (those of a regular expression's match, say) would vanish in the text.
  if (Object.getOwnPropertyNames(array).length !== array.length + 1) {
    throw refusal('not-json', path, 'An array with holes or with named members is not JSON');
  }
  const copy: JsonValue[] = [];
  const last = path.length;
  for (let index = 0; index < array.length; index += 1) {
    path[last] = index;
    copy.push(copyValue(array[index], path));
  }
  path.length = last;
  return copy;
}

function copyObject(object: object, path: Path): JsonObject {
  // The copy has no prototype, so that a member `__proto__` is data and an inherited `toJSON` cannot step in.
  const copy = Object.create(null) as JsonObject;
  for (const key of Object.getOwnPropertyNames(object)) {
    if (hasLoneSurrogate(key)) throw refusal('lone-surrogate', path, 'A member name has a lone surrogate');
    path.push(key);
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (property?.enumerable !== true || !('value' in property)) {
      throw refusal('not-json', path, 'An accessor or a hidden member is not JSON');
    }
    copy[key] = copyValue(property.value, path);
    path.pop();
  }
  return copy;
}

/** True for arrays of any realm; the prototype of a subclass is not an array itself, `Array.prototype` is one. */
function isPlainArray(value: readonly unknown[]): boolean {
  return Array.isArray(Object.getPrototypeOf(value));
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

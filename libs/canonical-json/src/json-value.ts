/**
 * A JSON value as the strict parser returns it: no `undefined`, and, unless it was asked for every finite number, no
 * negative zero and only safe numbers.
 */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/**
 * A JSON object. Every member is an own data property, a member named `__proto__` included, so that a hostile
 * key never changes a prototype.
 */
export interface JsonObject {
  [key: string]: JsonValue;
}

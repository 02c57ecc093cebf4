/** A JSON value as the strict parser returns it: no `undefined`, no negative zero, only safe finite numbers. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/**
 * A JSON object. Every member is an own data property, a member named `__proto__` included, so that a hostile
 * key never changes a prototype.
 */
export interface JsonObject {
  [key: string]: JsonValue;
}

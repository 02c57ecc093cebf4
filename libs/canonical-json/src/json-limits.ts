/**
 * Deepest nesting of arrays and objects that is read or written; a scalar has depth 0 and `[]` has depth 1.
 * It bounds the recursion of reader and writer, so that hostile nesting cannot exhaust the stack.
 */
export const JSON_DEPTH_MAX = 64;

/**
 * Largest magnitude of a number, 2^53 − 1 (RFC 7493 section 2.2). Every binary64 value above it is integral,
 * hence one comparison also refuses `1e300` and `9007199254740992.0`.
 */
export const JSON_NUMBER_MAX = Number.MAX_SAFE_INTEGER;

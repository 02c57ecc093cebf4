export { canonicalBytes, canonicalJson } from './canonical-json.js';
export { canonicalJsonOfParsed } from './canonical-json-of-parsed.js';
export { CanonicalJsonError, type CanonicalJsonReason } from './canonical-json-error.js';
export { JSON_DEPTH_MAX, JSON_NUMBER_MAX } from './json-limits.js';
export type { JsonObject, JsonValue } from './json-value.js';
export {
  parseStrictJson,
  type StrictJsonLimits,
  type StrictJsonNumbers,
  type StrictJsonResult,
} from './parse-strict-json.js';
export type { StrictJsonError, StrictJsonReason } from './strict-json-error.js';
export { compareUtf8 } from './utf8-order.js';

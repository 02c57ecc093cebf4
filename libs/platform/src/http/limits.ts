/** Largest JSON body in bytes where a route does not say otherwise. */
export const BODY_BYTES_DEFAULT_MAX = 1_048_576;
/** Milliseconds in which a client must have sent its headers; stops clients that send one byte at a time. */
export const HEADERS_TIMEOUT_MS = 10_000;
/** Milliseconds in which a client must have sent the body of a request after its header; routes of large files give more. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Milliseconds between two checks of the limits above. */
export const CONNECTIONS_CHECKING_INTERVAL_MS = 2_000;
/** Milliseconds that an idle connection stays open; longer than the 60 s of common load balancers. */
export const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Deepest nesting of a JSON body. */
export const BODY_DEPTH_MAX = 32;
/** Bytes that target, names and values of a request's header may have in all. */
export const HEADER_BYTES_MAX = 16_384;
/** Most header fields of one request; Node would drop what is beyond without a word. */
export const HEADER_FIELDS_MAX = 100;
/** Longest request target (path and query) in characters. */
export const REQUEST_TARGET_CHARACTERS_MAX = 8_192;
/** Connections that one server holds at the same time. */
export const CONNECTIONS_MAX = 10_000;
/** Milliseconds that a request of which a part has come, or a connection without one, gets when a server closes. */
export const CLOSING_REQUEST_MS = 1_000;
/** Milliseconds that a refused client gets to read the answer before its connection is cut. */
export const REFUSED_LINGER_MS = 1_000;

import type { IncomingMessage } from 'node:http';
import { requestPath } from './request.js';
import type { PathEntry, RouteTable } from './route-table.js';

/** Seconds that a browser may keep the answer to its preflight; an origin that is taken off the list may go on for as long. */
export const CORS_PREFLIGHT_AGE_SECONDS_MAX = 600;

/** Stands for every origin in a list of origins. */
export const ANY_ORIGIN = '*';

/** Fields of answers that a page may read beside those that it always may. */
const readable = [
  'payment-required',
  'payment-response',
  'x-payment-response',
  'idempotent-replayed',
  'location',
  'retry-after',
  'ratelimit',
  'ratelimit-policy',
];

/**
 * Fields of requests that a page may send. Official x402 wrappers send `access-control-expose-headers` with the paid
 * request; `x-payment` is that of version 1. `authorization` is not here: what a token opens is not for pages.
 */
const taken = [
  'accept',
  'access-control-expose-headers',
  'content-type',
  'idempotency-key',
  'if-none-match',
  'payment-signature',
  'touchstone-payer-lookup',
  'touchstone-transfer-claim',
  'traceparent',
  'tracestate',
  'x-payment',
];

/** Name and value of a header field. */
export type HeaderField = readonly [name: string, value: string];

/** The fields that every answer to a request carries, whatever the answer is. */
export type AnswerHeaders = (request: IncomingMessage) => readonly HeaderField[];

const none: readonly HeaderField[] = [];
const vary: readonly HeaderField[] = [['vary', 'Origin']];

/**
 * Cross-origin sharing by the Fetch standard: lets pages of the listed origins ask the public routes and read the
 * answers, refusals included. Credentials are never allowed. Works on what Node's server gives, before any framework,
 * so that an answer which is made before routing carries the fields as well.
 *
 * - An origin that is not listed gets none of these fields, and neither does a route that is not public.
 * - A public path that does not answer the method (405) and a path that nothing answers (404) are readable, since they
 *   say nothing but that.
 * - The answer to OPTIONS is made by the route; here it gets what a preflight asks for.
 *
 * @param origins as browsers send them, or {@link ANY_ORIGIN} alone
 */
export function crossOriginHeaders(
  origins: readonly string[],
  table: Pick<RouteTable, 'find'>,
): AnswerHeaders {
  if (origins.length === 0) return () => none;
  const any = origins.includes(ANY_ORIGIN);
  const sharedWith = new Map(origins.map((origin) => [origin, fieldsOf(origin)] as const));
  return (request) => {
    const entry = table.find(requestPath(request));
    const { origin, 'access-control-request-method': asked } = request.headers;
    const isPreflight = request.method === 'OPTIONS' && asked !== undefined;
    if (entry !== undefined && !isShared(entry, isPreflight ? asked : (request.method ?? ''))) return none;
    const fields = sharedWith.get(any ? ANY_ORIGIN : (origin ?? ''));
    if (fields === undefined) return vary;
    return isPreflight && entry !== undefined ? [...fields, ...preflight(entry)] : fields;
  };
}

/** Answers differ by origin, also those without one: a cache that mixed them up would break the listed ones. */
function fieldsOf(origin: string): readonly HeaderField[] {
  return [
    ['access-control-allow-origin', origin],
    ['access-control-expose-headers', readable.join(', ')],
    ...(origin === ANY_ORIGIN ? none : vary),
  ];
}

function preflight({ publicMethods }: PathEntry): readonly HeaderField[] {
  return [
    ['access-control-allow-methods', publicMethods.join(', ')],
    ['access-control-allow-headers', taken.join(', ')],
    ['access-control-max-age', String(CORS_PREFLIGHT_AGE_SECONDS_MAX)],
  ];
}

/** A path may have public methods beside others: `GET /v1/models/:id` is for everybody, `DELETE` for the operator. */
function isShared(entry: PathEntry, method: string): boolean {
  if (entry.publicMethods.length === 0) return false;
  return entry.publicMethods.includes(method) || entry.find(method) === undefined;
}

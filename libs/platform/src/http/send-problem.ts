import { AppError, toProblem, type ErrorCode, type Problem } from '@touchstone/contracts';
import type { ServerResponse } from 'node:http';
import { UnreadBodyError } from './body-budget.js';
import { currentTraceId } from '../tracing/tracing.js';

/** Seconds after which a refused caller may try again when the error does not say. A node is blocked until somebody looks. */
const retryAfterDefaultSeconds = new Map<ErrorCode, number>([
  ['queue-full', 1],
  ['rate-limited', 1],
  ['dependency-unavailable', 1],
  ['node-blocked', 30],
]);
/** After these the connection cannot be used again: what the client sends on it is not read. */
const closing = new Set<ErrorCode>([
  'body-too-large',
  'expectation-failed',
  'headers-too-large',
  'malformed-request',
  'target-too-long',
]);

/** An error as the bytes of an answer. */
export interface RenderedProblem {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
}

const members = new WeakMap<object, Readonly<Record<string, unknown>>>();

/** Gives the problem of an error further members (RFC 9457, section 3.2), which stand behind its own and take the place of none. */
export function addProblemMembers(error: object, further: Readonly<Record<string, unknown>>): void {
  members.set(error, further);
}

const membersOf = (error: unknown): Readonly<Record<string, unknown>> =>
  (typeof error === 'object' && error !== null && members.get(error)) || {};

/** Renders an error as `application/problem+json` (RFC 9457). */
export function renderProblem(error: unknown): RenderedProblem {
  const traceId = currentTraceId();
  const problem = toProblem(error, traceId === undefined ? {} : { traceId });
  const body = Buffer.from(JSON.stringify({ ...problem, ...membersOf(error), ...problem }));
  const retryAfter =
    (error instanceof AppError ? error.retryAfterSeconds : undefined) ??
    retryAfterDefaultSeconds.get(problem.code);
  return {
    problem,
    headers: {
      'content-type': 'application/problem+json',
      'content-length': body.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(problem.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }),
      ...(closing.has(problem.code) || error instanceof UnreadBodyError ? { connection: 'close' } : {}),
    },
    body,
  };
}

/** Writes a problem; usable from plain middleware too. */
export function sendProblem(response: ServerResponse, error: unknown): void {
  const { problem, headers, body } = renderProblem(error);
  response.writeHead(problem.status, { ...headers });
  response.end(body);
}

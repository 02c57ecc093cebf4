import { errorRegistry, type ErrorCode } from './error-registry.js';

/** One finding at one place of the request; `pointer` is a JSON pointer (RFC 6901). */
export interface ErrorDetail {
  readonly pointer: string;
  readonly detail: string;
}

/** What an error carries beside its code and message. */
export interface AppErrorOptions {
  readonly details?: readonly ErrorDetail[];
  readonly cause?: unknown;
  /** The code that earlier interfaces use for the same condition, kept verbatim (for example `PAYMENT_ALREADY_USED`). */
  readonly legacyCode?: string;
  /** Seconds after which a retry is worth it. */
  readonly retryAfterSeconds?: number;
  /** Overrides the registry's status where one code serves two statuses of the same meaning (for example 400 and 422). */
  readonly status?: number;
}

/**
 * An expected failure with a code from the registry. The message says what happened, with expected and actual
 * values, and what to do; it never holds a secret.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly details: readonly ErrorDetail[];
  readonly legacyCode: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? errorRegistry[code].status;
    this.retryable = errorRegistry[code].retryable;
    this.details = options.details ?? [];
    this.legacyCode = options.legacyCode;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The body of an `application/problem+json` answer (RFC 9457), of a NATS error reply and of a gRPC error. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly traceId?: string;
  readonly instance?: string;
  readonly legacyCode?: string;
  readonly errors?: readonly ErrorDetail[];
}

/** Renders an error as a problem; anything but an {@link AppError} becomes `internal` and hides its message. */
export function toProblem(error: unknown, context: { traceId?: string; instance?: string } = {}): Problem {
  const known = error instanceof AppError ? error : undefined;
  const code: ErrorCode = known?.code ?? 'internal';
  return {
    type: `https://touchstone.dev/problems/${code}`,
    title: errorRegistry[code].title,
    status: known?.status ?? errorRegistry.internal.status,
    detail:
      known?.message ??
      'The service could not complete the request; the trace id finds the cause in its logs.',
    code,
    retryable: errorRegistry[code].retryable,
    ...(context.traceId === undefined ? {} : { traceId: context.traceId }),
    ...(context.instance === undefined ? {} : { instance: context.instance }),
    ...(known?.legacyCode === undefined ? {} : { legacyCode: known.legacyCode }),
    ...(known && known.details.length > 0 ? { errors: known.details } : {}),
  };
}

/**
 * Reads a problem that another service sent back into an error, so that it keeps its code across a hop. The body is
 * not trusted: an unknown code becomes `dependency-unavailable`, and members of another shape are left out.
 */
export function fromProblem(problem: unknown): AppError {
  const body = (typeof problem === 'object' && problem !== null ? problem : {}) as Partial<
    Record<keyof Problem, unknown>
  >;
  const code = isErrorCode(body.code) ? body.code : 'dependency-unavailable';
  const detail =
    typeof body.detail === 'string' ? body.detail : 'The service answered with an error that cannot be read.';
  return new AppError(code, detail, {
    ...(Array.isArray(body.errors) ? { details: body.errors.filter(isErrorDetail) } : {}),
    ...(typeof body.legacyCode === 'string' ? { legacyCode: body.legacyCode } : {}),
    ...(isHttpStatus(body.status) ? { status: body.status } : {}),
  });
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorRegistry, value);
}

function isErrorDetail(value: unknown): value is ErrorDetail {
  const { pointer, detail } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Partial<ErrorDetail>;
  return typeof pointer === 'string' && typeof detail === 'string';
}

function isHttpStatus(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
}

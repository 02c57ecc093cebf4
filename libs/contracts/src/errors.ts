/**
 * The closed registry of error codes. A code never changes its meaning; docs/reference/problems.md is generated
 * from this table. `status` is the HTTP status, `retryable` tells whether the same call may succeed later.
 */
export const errorRegistry = {
  'body-too-large': { status: 413, retryable: false, title: 'The request body is larger than the limit.' },
  'checkpoint-refused': {
    status: 409,
    retryable: false,
    title: 'The checkpoint does not extend the last one that was signed for this log.',
  },
  'config-invalid': { status: 500, retryable: false, title: 'The configuration is invalid.' },
  conflict: { status: 409, retryable: false, title: 'The request contradicts a stored record.' },
  'dependency-unavailable': {
    status: 503,
    retryable: true,
    title: 'A part this service needs does not answer.',
  },
  'evidence-pending': { status: 202, retryable: true, title: 'The evidence is not complete yet.' },
  forbidden: { status: 403, retryable: false, title: 'The caller may not do this.' },
  'inference-failed': { status: 500, retryable: true, title: 'The model could not be run.' },
  internal: { status: 500, retryable: true, title: 'An unexpected error occurred.' },
  'leaf-field-not-fixed-width': {
    status: 422,
    retryable: false,
    title: 'A field of the output proof has not the fixed width that a leaf needs.',
  },
  'malformed-json': { status: 400, retryable: false, title: 'The body is not strict JSON.' },
  'method-not-allowed': { status: 405, retryable: false, title: 'The resource does not answer this method.' },
  'model-invalid': { status: 422, retryable: false, title: 'The model file or its manifest is invalid.' },
  'model-not-active': { status: 409, retryable: false, title: 'The model does not take requests.' },
  'not-found': { status: 404, retryable: false, title: 'There is nothing here.' },
  'payment-bound-to-other-request': {
    status: 409,
    retryable: false,
    title: 'The payment belongs to another request.',
  },
  'payment-in-flight': { status: 409, retryable: true, title: 'The same payment is being processed.' },
  'payment-invalid': { status: 402, retryable: false, title: 'The payment was refused.' },
  'payment-malformed': { status: 400, retryable: false, title: 'The payment header cannot be read.' },
  'payment-required': { status: 402, retryable: false, title: 'The request needs a payment.' },
  'queue-full': { status: 503, retryable: true, title: 'The queue is full.' },
  'rate-limited': { status: 429, retryable: true, title: 'Too many requests.' },
  'settlement-pending': {
    status: 202,
    retryable: true,
    title: 'The payment was sent and is not confirmed yet.',
  },
  'signing-refused': { status: 403, retryable: false, title: 'The signing policy refuses this payload.' },
  'tensor-invalid': { status: 422, retryable: false, title: 'A tensor does not fit the model.' },
  'text-invalid': { status: 422, retryable: false, title: 'The text cannot be tokenised for this model.' },
  timeout: { status: 504, retryable: true, title: 'The operation took longer than its limit.' },
  unauthenticated: { status: 401, retryable: false, title: 'The caller did not prove who it is.' },
  'unknown-batch': { status: 404, retryable: false, title: 'There is no such batch.' },
  'unknown-model': { status: 404, retryable: false, title: 'There is no such model.' },
  'unknown-verification': { status: 404, retryable: false, title: 'There is no such verification.' },
  'unsupported-media-type': {
    status: 415,
    retryable: false,
    title: 'The body has a media type that is not read here.',
  },
  'validation-failed': { status: 422, retryable: false, title: 'The request does not fit its schema.' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>;

/** One of the registered error codes. */
export type ErrorCode = keyof typeof errorRegistry;

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

/** Reads a problem that another service sent back into an error, so that it keeps its code across a hop. */
export function fromProblem(problem: unknown): AppError {
  const body = (typeof problem === 'object' && problem !== null ? problem : {}) as Partial<Problem>;
  const code =
    typeof body.code === 'string' && Object.hasOwn(errorRegistry, body.code)
      ? body.code
      : 'dependency-unavailable';
  const detail =
    typeof body.detail === 'string' ? body.detail : 'The service answered with an error that cannot be read.';
  return new AppError(code, detail, {
    ...(Array.isArray(body.errors) ? { details: body.errors } : {}),
    ...(typeof body.legacyCode === 'string' ? { legacyCode: body.legacyCode } : {}),
    ...(typeof body.status === 'number' ? { status: body.status } : {}),
  });
}

import { Metadata, status } from '@grpc/grpc-js';
import { AppError, errorRegistry, toProblem, type ErrorCode } from '@touchstone/contracts';
import { encodeErrorDetails } from './error-details.js';

/** The domain of our reasons in `google.rpc.ErrorInfo`. */
export const ERROR_DOMAIN = 'touchstone.dev';

/** An error as grpc-js sends it. */
export interface GrpcError {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

const statusByHttp: Readonly<Record<number, status>> = {
  202: status.UNAVAILABLE,
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  402: status.FAILED_PRECONDITION,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  405: status.UNIMPLEMENTED,
  406: status.INVALID_ARGUMENT,
  409: status.FAILED_PRECONDITION,
  413: status.RESOURCE_EXHAUSTED,
  414: status.INVALID_ARGUMENT,
  415: status.INVALID_ARGUMENT,
  417: status.INVALID_ARGUMENT,
  422: status.INVALID_ARGUMENT,
  429: status.RESOURCE_EXHAUSTED,
  431: status.RESOURCE_EXHAUSTED,
  500: status.INTERNAL,
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

/** The gRPC status of an error code; a conflict that a retry may solve is `ABORTED`. */
export function grpcStatusOf(code: ErrorCode): status {
  const entry = errorRegistry[code];
  if (entry.status === 409 && entry.retryable) return status.ABORTED;
  return statusByHttp[entry.status] ?? status.UNKNOWN;
}

/** Renders an error for gRPC: status, message and, in the details, the code as `ErrorInfo.reason`, what is wrong and when to come again. */
export function toGrpcError(error: unknown, traceId: string | undefined): GrpcError {
  const problem = toProblem(error);
  const code = grpcStatusOf(problem.code);
  const metadata = new Metadata();
  const info = {
    reason: problem.code,
    domain: ERROR_DOMAIN,
    metadata: {
      retryable: String(problem.retryable),
      ...(traceId === undefined ? {} : { traceId }),
      ...(problem.legacyCode === undefined ? {} : { legacyCode: problem.legacyCode }),
    },
  };
  const retryAfterSeconds = error instanceof AppError ? error.retryAfterSeconds : undefined;
  const details = { info, retryAfterSeconds, findings: problem.errors };
  metadata.set('grpc-status-details-bin', encodeErrorDetails(code, problem.detail, details));
  return { code, details: problem.detail, metadata };
}

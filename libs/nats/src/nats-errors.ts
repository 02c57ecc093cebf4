import { AppError } from '@touchstone/contracts';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';

/** The name of the one error of JetStream that the library does not export. */
const JETSTREAM_OFF = 'JetStreamNotEnabled';

/** What a stream answers to a message above its own limit. */
const MESSAGE_EXCEEDS_STREAM = 10_054;

/** Causes of causes that are looked at. */
const CAUSES_MAX = 4;

/** Follows `cause` for a few steps; nats.js wraps the reason of a failed request once or twice. */
function findCause<T>(error: unknown, kind: abstract new (...args: never[]) => T): T | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth += 1) {
    if (current instanceof kind) return current;
    current = current.cause;
  }
  return undefined;
}

/** True when the server refuses user name or password. */
export function isRefusedLogin(error: unknown): boolean {
  return findCause(error, errors.AuthorizationError) !== undefined;
}

/** The code of the socket or of TLS that made a connection fail. */
export function causeWithCode(error: unknown): string | undefined {
  // Errors of native parts may come from another realm, so their members are looked at and not their class.
  let current = error as { readonly code?: unknown; readonly cause?: unknown } | undefined;
  for (let depth = 0; depth < CAUSES_MAX && current; depth += 1) {
    if (typeof current.code === 'string') return current.code;
    current = current.cause as typeof current;
  }
  return undefined;
}

/** True when the server had nobody who listens on the subject, or no stream that keeps it. */
export function isNoResponders(error: unknown): boolean {
  return findCause(error, errors.NoRespondersError) !== undefined;
}

/** True when no answer came within the limit. */
export function isTimeout(error: unknown): boolean {
  return findCause(error, errors.TimeoutError) !== undefined;
}

/** True when the server knows no such stream or consumer. */
export function isNotFound(error: unknown): boolean {
  const code = findCause(error, JetStreamApiError)?.code;
  return code === JetStreamApiCodes.StreamNotFound || code === JetStreamApiCodes.ConsumerNotFound;
}

/**
 * Turns a failure of nats.js into the error registry: a refused subject is `forbidden` at once, silence is
 * `timeout`, everything else of the transport is `dependency-unavailable`. `what` names the operation.
 */
export function toAppError(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  const violation = findCause(error, errors.PermissionViolationError);
  if (violation !== undefined) {
    return new AppError(
      'forbidden',
      `${what}: the NATS server refuses ${violation.operation} on ${violation.subject} to this user; the tables in contracts decide who may.`,
      { cause: error },
    );
  }
  if (isRefusedLogin(error)) {
    return new AppError('unauthenticated', `${what}: the NATS server refuses the user name or password.`, {
      cause: error,
    });
  }
  if (error instanceof Error && error.name === JETSTREAM_OFF) {
    return new AppError(
      'dependency-unavailable',
      `${what}: no JetStream answers on the server; start nats-server with --jetstream.`,
      { cause: error },
    );
  }
  if (isTimeout(error))
    return new AppError('timeout', `${what}: no answer within the limit.`, { cause: error });
  if (isNoResponders(error)) {
    return new AppError('dependency-unavailable', `${what}: nobody answers on the subject.`, {
      cause: error,
    });
  }
  // The client counts headers and body together before it sends.
  if (findCause(error, errors.InvalidArgumentError)?.message.includes('max_payload')) {
    return new AppError('body-too-large', `${what}: headers and body exceed what the server takes.`, {
      cause: error,
    });
  }
  const api = findCause(error, JetStreamApiError);
  if (api?.code === MESSAGE_EXCEEDS_STREAM) {
    return new AppError(
      'body-too-large',
      `${what}: it exceeds the largest message of the stream (max_msg_size).`,
      {
        cause: error,
      },
    );
  }
  const reason = api?.message ?? (error instanceof Error ? error.message : String(error));
  return new AppError('dependency-unavailable', `${what}: ${reason}`, { cause: error });
}

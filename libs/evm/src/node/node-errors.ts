import { AppError, shortText } from '@touchstone/contracts';
import {
  BaseError,
  ContractFunctionRevertedError,
  ExecutionRevertedError,
  HttpRequestError,
  InternalRpcError,
  LimitExceededRpcError,
  MethodNotFoundRpcError,
  MethodNotSupportedRpcError,
  ResourceUnavailableRpcError,
  RpcRequestError,
  TimeoutError,
  UnknownRpcError,
} from 'viem';

/** Longest that a node's own words are told. */
export const NODE_REASON_CHARACTERS_MAX = 200;

function has(error: BaseError, kinds: readonly (abstract new (...args: never[]) => Error)[]): boolean {
  return error.walk((cause) => kinds.some((kind) => cause instanceof kind)) !== null;
}

/**
 * True when the node did not answer the question (no connection, time-out, overload), false when it answered, also
 * with a revert. A payment is never judged by a question that was not answered.
 */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof BaseError)) return true;
  if (has(error, [ContractFunctionRevertedError, ExecutionRevertedError])) return false;
  return has(error, [
    HttpRequestError,
    TimeoutError,
    LimitExceededRpcError,
    ResourceUnavailableRpcError,
    InternalRpcError,
    MethodNotFoundRpcError,
    MethodNotSupportedRpcError,
    UnknownRpcError,
  ]);
}

/** The node's own words in one bounded line, without URLs, call data or our stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof BaseError)) return 'no answer';
  const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  const rpc = error.walk((cause) => cause instanceof RpcRequestError);
  const text =
    (revert as ContractFunctionRevertedError | null)?.reason ??
    (rpc as RpcRequestError | null)?.details ??
    error.shortMessage;
  return shortText(text.split('\n')[0] ?? '', NODE_REASON_CHARACTERS_MAX);
}

/**
 * The error of a node that does not answer. Its cause is told in the node's own words only: viem's errors quote the
 * node's URL, which often carries an access key, and would take it into the logs.
 */
export function nodeUnavailable(cause: unknown): AppError {
  const name = cause instanceof Error ? cause.name : 'Error';
  return new AppError('dependency-unavailable', 'The chain node does not answer.', {
    cause: new Error(`${name}: ${reasonOf(cause)}`),
    retryAfterSeconds: 2,
  });
}

/** The error of a node that understood the question and refuses it, with its words. */
export function nodeRefused(method: string, cause: unknown): AppError {
  return new AppError('dependency-unavailable', `The chain node refuses ${method}: ${reasonOf(cause)}`, {
    retryAfterSeconds: 2,
  });
}

import { AppError } from '@touchstone/contracts';
import { isError } from './redact.js';

/** Causes of causes that are told; drivers wrap theirs once or twice. */
const CAUSES_MAX = 4;

/**
 * What a log says of work that failed. An expected failure says itself what happened and what to do, so it goes without a stack, which
 * names places in our code alone; anything else is a fault of ours and keeps it.
 */
export function failureFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof AppError) || error.code === 'internal') return { err: error };
  const { code, message, details } = error;
  const cause = causesOf(error);
  return {
    code,
    reason: message,
    ...(details.length === 0 ? {} : { details }),
    ...(cause === '' ? {} : { cause }),
  };
}

function causesOf(error: Error): string {
  const texts: string[] = [];
  for (let { cause } = error; isError(cause) && texts.length < CAUSES_MAX; { cause } = cause)
    // Several addresses of one name fail together, and the error of all of them has no message.
    texts.push(cause.message === '' && 'code' in cause ? String(cause.code) : cause.message);
  return texts.join(': ');
}

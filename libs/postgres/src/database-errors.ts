import { AppError } from '@touchstone/contracts';

/**
 * SQLSTATE classes and codes of a condition that passes: connection (08), resources (53), operator and cancelled by a
 * limit (57), a lost race of transactions (40), a lock that somebody else holds (55P03). PostgreSQL, appendix A.
 */
const PASSING_STATE = /^(?:08|53|57|40|55P03)/;
const PASSING_CODE = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
/** What pg and its pool say without a code. */
const PASSING_MESSAGE = /connection (?:terminated|ended|timeout)|timeout exceeded/i;

/**
 * Maps an error of the driver: a database that is away, full or busy becomes `dependency-unavailable` with the error
 * as its cause, so that callers come back and deliveries come again whole. Every other error stays what it is.
 */
export function toUnavailable(error: unknown): unknown {
  if (!isPassing(error)) return error;
  return new AppError('dependency-unavailable', 'The database cannot be used now; try again.', {
    cause: error,
    retryAfterSeconds: 1,
  });
}

/**
 * Runs a piece of database work.
 *
 * @throws what {@link toUnavailable} makes of the error
 */
export async function withDatabase<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toUnavailable(error);
  }
}

/** Looks at the members and not at the class: errors of native parts may come from another realm. */
function isPassing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || error instanceof AppError) return false;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string' && (PASSING_STATE.test(code) || PASSING_CODE.test(code))) return true;
  return typeof message === 'string' && PASSING_MESSAGE.test(message);
}

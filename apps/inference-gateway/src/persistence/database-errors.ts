import { AppError } from '@touchstone/contracts';

/** SQLSTATE classes and codes that mean "not now": connection, resources, shutdown, cancelled by a limit. */
const PASSING_STATE = /^(?:08|53|57)/;
const PASSING_CODE = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
const PASSING_MESSAGE = /Connection terminated|timeout exceeded when trying to connect|Connection ended/i;

/**
 * Runs a piece of database work. A database that is away becomes `dependency-unavailable`, so that the caller is told
 * to come back; every other error stays what it is.
 */
export async function withDatabase<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new AppError('dependency-unavailable', 'The records cannot be written now; nothing was lost.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
}

/** Looks at the members and not at the class: errors of native parts may come from another realm. */
function isPassing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || error instanceof AppError) return false;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return (
    PASSING_STATE.test(String(code)) ||
    PASSING_CODE.test(String(code)) ||
    PASSING_MESSAGE.test(String(message))
  );
}

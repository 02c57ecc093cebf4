import { AppError } from '@touchstone/contracts';

/** SQLSTATE classes and codes of a condition that passes: connection, resources, shutdown, a lost race, a limit. */
const PASSING_STATE = /^(?:08|53|57|40|55P03)/;
const PASSING_CODE = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
const PASSING_MESSAGE = /Connection terminated|timeout exceeded when trying to connect|Connection ended/i;

/**
 * Runs a piece of database work. A database that is away becomes `dependency-unavailable`: a delivery then comes again
 * whole, and a reader is told to come again. Every other error stays what it is.
 */
export async function withDatabase<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new AppError('dependency-unavailable', 'The read model does not answer now; nothing was lost.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof AppError) return false;
  const code = 'code' in error ? String(error.code) : '';
  return PASSING_STATE.test(code) || PASSING_CODE.test(code) || PASSING_MESSAGE.test(error.message);
}

import { AppError } from '@touchstone/contracts';

/** SQLSTATE of a write that a server refuses because it is read-only: a standby, a demoted primary, or one set so. */
export const READ_ONLY_STATE = '25006';
/**
 * SQLSTATE classes and codes of a condition that passes and that no message is to blame for. PostgreSQL, appendix A:
 *
 * - 08 connection, 28 a login that is refused (while a password changes), 3D000 a database that is not there (while it
 *   is restored), 53 resources (disk, memory, connections), 57 operator (restart, recovery, failover) and cancelled by a
 *   limit, 58 errors of the system (I/O);
 * - 25006 read-only, 25P02 a transaction that an earlier error ended, 25P03 and 25P04 one that lasted too long;
 * - 40 a lost race of transactions, 55P03 a lock that somebody else holds.
 */
const PASSING_STATE = /^(?:08|28|53|57|58|40|25006|25P0[234]|3D000|55P03)/;
/** Codes of sockets, of names and of TLS: no statement reached a server. */
const PASSING_CODE =
  /^(?:ECONN(?:REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|E(?:HOST|NET)(?:UNREACH|DOWN)|ENOTFOUND|EAI_(?:AGAIN|FAIL)|ERR_(?:TLS|SSL)_\w+|CERT_\w+|(?:DEPTH_ZERO_)?SELF_SIGNED_\w+|UNABLE_TO_\w+)$/;
/** What pg, its pool and TypeORM say without a code; a runner is released under its user when its connection breaks. */
const PASSING_MESSAGE =
  /connection (?:terminated|ended|timeout)|timeout exceeded|query read timeout|is not queryable|does not support SSL|^Query runner already released/i;

/**
 * Maps an error of the driver: a database that is away, read-only, full or busy becomes `dependency-unavailable` with the error
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

/** The code of an error of the driver, of a socket or of TLS. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** Looks at the members and not at the class: errors of native parts may come from another realm. */
function isPassing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || error instanceof AppError) return false;
  const { message } = error as { readonly message?: unknown };
  const code = codeOf(error);
  if (code !== undefined && (PASSING_STATE.test(code) || PASSING_CODE.test(code))) return true;
  return typeof message === 'string' && PASSING_MESSAGE.test(message);
}

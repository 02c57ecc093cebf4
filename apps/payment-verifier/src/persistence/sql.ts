import { AppError } from '@touchstone/contracts';
import type { DataSource, EntityManager } from 'typeorm';

/** Whatever runs a statement: the data source for one alone, an entity manager inside a transaction. */
export type SqlRunner = Pick<DataSource | EntityManager, 'query'>;

/**
 * Runs one statement and returns its rows. An UPDATE is written as `WITH … AS (UPDATE … RETURNING …) SELECT`, because
 * TypeORM answers a bare one with a pair of rows and count.
 */
export async function rowsOf<R>(
  runner: SqlRunner,
  statement: string,
  parameters: unknown[] = [],
): Promise<R[]> {
  try {
    return (await runner.query(statement, parameters)) as R[];
  } catch (error) {
    throw toUnavailable(error);
  }
}

/** SQLSTATE classes and codes that say "not now": connection, resources, operator, lock and statement time-outs. */
const transient = /^(?:08|53|57|55P03|40)/;
const socketCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** A database that is away is a dependency that is away; everything else stays what it is. */
export function toUnavailable(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const away =
    (typeof code === 'string' && (socketCodes.has(code) || transient.test(code))) ||
    (typeof message === 'string' && /connection (?:terminated|timeout)|timeout exceeded/i.test(message));
  if (!away) return error;
  return new AppError('dependency-unavailable', 'The database does not answer.', { cause: error });
}

import { withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';

/** Whatever runs a statement: the data source for one alone, an entity manager inside a transaction. */
export type SqlRunner = Pick<DataSource | EntityManager, 'query'>;

/**
 * Runs one statement and returns its rows. An UPDATE is written as `WITH … AS (UPDATE … RETURNING …) SELECT`, because
 * TypeORM answers a bare one with a pair of rows and count.
 *
 * @throws AppError `dependency-unavailable`
 */
export async function rowsOf<R>(
  runner: SqlRunner,
  statement: string,
  parameters: unknown[] = [],
): Promise<R[]> {
  return withDatabase(async () => (await runner.query(statement, parameters)) as R[]);
}

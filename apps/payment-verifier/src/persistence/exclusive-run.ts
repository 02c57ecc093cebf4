import type { DataSource } from 'typeorm';
import { rowsOf } from './sql.js';

/** First half of the advisory lock key of recovery; the second is a hash of its name. */
const EXCLUSIVE_LOCK_CLASS = 0x7063_0010;

/**
 * Runs `work` in one process of all replicas at a time. The lock belongs to a database session and ends with it, so a
 * process that dies never keeps it.
 *
 * @returns false when another process was at it
 */
export async function runExclusively(
  dataSource: DataSource,
  name: string,
  work: () => Promise<void>,
): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    const key = [EXCLUSIVE_LOCK_CLASS, name];
    const [lock] = await rowsOf<{ locked: boolean }>(
      runner.manager,
      'SELECT pg_try_advisory_lock($1::int, hashtext($2)) AS locked',
      key,
    );
    if (lock?.locked !== true) return false;
    try {
      await work();
    } finally {
      await rowsOf(runner.manager, 'SELECT pg_advisory_unlock($1::int, hashtext($2))', key);
    }
    return true;
  } finally {
    await runner.release();
  }
}

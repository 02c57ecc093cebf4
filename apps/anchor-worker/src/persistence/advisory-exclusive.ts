import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { Exclusive } from '../domain/pipeline/exclusive.js';

/** Class of the advisory locks that give a stage to one process. */
const STAGE_LOCK_CLASS = 0x7063_0010;

/** Gives a stage to the process whose database session holds its advisory lock; the lock dies with the session. */
export class AdvisoryExclusive implements Exclusive {
  constructor(
    private readonly dataSource: DataSource,
    private readonly schema: string,
  ) {}

  async run<T>(stage: string, work: () => Promise<T>): Promise<T | undefined> {
    const session = this.dataSource.createQueryRunner();
    const key = [STAGE_LOCK_CLASS, `${this.schema}/${stage}`];
    try {
      const [{ locked }] = (await withDatabase(() =>
        session.query('SELECT pg_try_advisory_lock($1::int, hashtext($2)) AS locked', key),
      )) as [{ locked: boolean }];
      if (!locked) return undefined;
      try {
        return await work();
      } finally {
        // A session that is gone has given its lock back already.
        await session.query('SELECT pg_advisory_unlock($1::int, hashtext($2))', key).catch(() => undefined);
      }
    } finally {
      await session.release();
    }
  }
}

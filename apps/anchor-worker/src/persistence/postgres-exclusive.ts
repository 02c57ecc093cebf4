import { runExclusively } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { Exclusive } from '../domain/pipeline/exclusive.js';

/** Gives a stage to the process whose database session holds its advisory lock; the lock dies with the session. */
export class PostgresExclusive implements Exclusive {
  constructor(
    private readonly dataSource: DataSource,
    private readonly schema: string,
  ) {}

  async run<T>(stage: string, work: () => Promise<T>): Promise<T | undefined> {
    const turn = await runExclusively(this.dataSource, 'stage', `${this.schema}/${stage}`, work);
    return turn?.result;
  }
}

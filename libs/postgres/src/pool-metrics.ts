import { Gauge, Histogram, type Registry } from '@touchstone/platform/observability';
import type { DataSource } from 'typeorm';
import { SessionPool } from './session-pool.js';

const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Registers the figures of a data source's pool: its sessions, who waits for one, and how long statements take. */
export function addPoolFigures(registry: Registry, dataSource: DataSource): void {
  const pool = poolOf(dataSource);
  const seconds = new Histogram({
    name: 'touchstone_database_query_seconds',
    help: 'Time of a statement, its locks included, the wait for a session not.',
    buckets: SECONDS_BUCKETS,
    registers: [registry],
  });
  pool.onAnswered = (taken) => seconds.observe(taken);
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      ...{ name: `touchstone_database_pool_${name}`, help, registers: [registry] },
      collect() {
        this.set(read());
      },
    });
  gauge('sessions', 'Open sessions of the pool.', () => pool.totalCount);
  gauge('idle_sessions', 'Open sessions that nobody uses.', () => pool.idleCount);
  gauge('sessions_max', 'Most sessions of the pool.', () => pool.options.max);
  gauge('waiting', 'Work that waits for a session.', () => pool.waitingCount);
}

/** The pool that TypeORM made with `sessionDriver`. */
function poolOf({ driver }: DataSource): SessionPool {
  if ('master' in driver && driver.master instanceof SessionPool) return driver.master;
  throw new Error('The data source was not made by createDataSource, or is not open.');
}

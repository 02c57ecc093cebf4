import { AppError } from '@touchstone/contracts';
import type { DataSource } from 'typeorm';
import { connectionOf, createDataSource, MIGRATIONS_TABLE, type PostgresOptions } from './data-source.js';
import { LOCK_SQL, lockKey } from './locks.js';
import { assertSchemaName } from './schema-name.js';
import { assertOwnSessions } from './session-check.js';
import { openSession } from './sessions.js';

/**
 * Creates the schema where it is missing and runs what is pending, under an advisory lock, so that two deployments at
 * once run each migration once.
 *
 * @returns the names of the migrations that ran now, in order
 */
export async function runMigrations(options: PostgresOptions): Promise<string[]> {
  assertSchemaName(options.schema);
  const session = { ...options, statementTimeoutMs: 0 };
  await assertOwnSessions(session);
  const lock = await openSession(session);
  try {
    await lock.query(LOCK_SQL, lockKey('migration', options.schema));
    const { rows } = await lock.query('SELECT to_regnamespace($1) IS NOT NULL AS present', [options.schema]);
    // IF NOT EXISTS alone would ask for the right to create schemas even where the schema exists.
    if (rows[0]?.present !== true) await lock.query(`CREATE SCHEMA IF NOT EXISTS ${options.schema}`);
    const dataSource = createDataSource({ ...options, poolMax: 2, statementTimeoutMs: 0 });
    await dataSource.initialize();
    try {
      const ran = await dataSource.runMigrations();
      return ran.map(({ name }) => name);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.end();
  }
}

/**
 * Checks that every migration of this build ran; a service never changes its schema while it serves. Migrations that
 * this build does not know are fine: a newer build expanded the schema while this one still runs.
 *
 * @throws AppError `dependency-unavailable` that names the missing migrations
 */
export async function assertMigrated(dataSource: DataSource): Promise<void> {
  const { schema } = connectionOf(dataSource);
  const expected = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  if (expected.length === 0) return;
  const [{ present }] = (await dataSource.query('SELECT to_regclass($1) IS NOT NULL AS present', [
    `${schema}.${MIGRATIONS_TABLE}`,
  ])) as [{ present: boolean }];
  const rows = present
    ? ((await dataSource.query(`SELECT name FROM ${schema}.${MIGRATIONS_TABLE}`)) as { name: string }[])
    : [];
  const done = new Set(rows.map(({ name }) => name));
  const missing = expected.filter((name) => !done.has(name));
  if (missing.length > 0)
    throw new AppError(
      'dependency-unavailable',
      `Schema ${schema} lacks the migrations ${missing.join(', ')}; run: node bundle/main.js migrate`,
    );
}

import { AppError } from '@touchstone/contracts';
import type { DataSource, MigrationInterface } from 'typeorm';
import { connectionOf, createDataSource, MIGRATIONS_TABLE, type PostgresOptions } from './data-source.js';
import { LOCK_SQL, lockKey } from './locks.js';
import { assertSchemaName } from './schema-name.js';
import { assertOwnSessions } from './session-check.js';
import { openSession } from './sessions.js';

/**
 * A migration takes part in an upgrade without a pause in one of two phases: `expand` adds what the new version needs and the
 * old one does not mind, before the new one starts; `contract` takes away what only the old one needed, after its last process
 * is gone.
 */
export type MigrationPhase = 'expand' | 'contract';

export const migrationPhases: readonly MigrationPhase[] = ['expand', 'contract'];

/** A migration that takes something away; those that say nothing expand. */
export interface ContractMigration extends MigrationInterface {
  readonly phase: 'contract';
}

const contracts = (migration: MigrationInterface): boolean =>
  (migration as Partial<ContractMigration>).phase === 'contract';

/**
 * Creates the schema where it is missing and runs what is pending, under an advisory lock, so that two deployments at
 * once run each migration once.
 *
 * @param phase `expand` leaves out what takes something away; both phases when left out, as `contract` also does: what it would
 * take away must have been replaced first
 * @returns the names of the migrations that ran now, in order
 */
export async function runMigrations(given: PostgresOptions, phase?: MigrationPhase): Promise<string[]> {
  assertSchemaName(given.schema);
  const migrations = (given.migrations ?? []).filter(
    (migration) => phase !== 'expand' || !contracts(new migration()),
  );
  const options = { ...given, migrations };
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
 * Checks that every migration of this build that expands ran; what contracts comes after the start. A service never changes its schema while it serves. Migrations that
 * this build does not know are fine: a newer build expanded the schema while this one still runs.
 *
 * @throws AppError `dependency-unavailable` that names the missing migrations
 */
export async function assertMigrated(dataSource: DataSource): Promise<void> {
  const { schema } = connectionOf(dataSource);
  const expanding = dataSource.migrations.filter((migration) => !contracts(migration));
  const expected = expanding.map((migration) => migration.name ?? migration.constructor.name);
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

import { DataSource, type MigrationInterface } from 'typeorm';
import { assertSchemaName } from './schema-name.js';
import { sessionDriver, type PoolOptions } from './session-pool.js';
import { connectionSettings } from './sessions.js';

/** How a service reaches its schema. */
export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database`, the service's own role. */
  readonly url: string;
  /** The one schema that the service owns. */
  readonly schema: string;
  /** Migration classes in order; their names end with a 13-digit timestamp, as TypeORM wants. */
  readonly migrations?: readonly (new () => MigrationInterface)[];
  readonly poolMax?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** 0 waits for ever, which only migrations may. */
  readonly statementTimeoutMs?: number;
}

/** Connections of one process where the service does not say otherwise. */
export const POOL_DEFAULT_MAX = 10;
/** Milliseconds after which PostgreSQL cancels a statement. */
export const STATEMENT_TIMEOUT_DEFAULT_MS = 10_000;
/** The table, in the service's schema, that remembers which migrations ran. */
export const MIGRATIONS_TABLE = 'migrations';

/**
 * Makes the TypeORM data source of a service: its schema is the search path, the migrations table lies in it, nothing
 * is synchronised. The caller initialises and destroys it; the schema must exist by then (`runMigrations` makes it).
 */
export function createDataSource(options: PostgresOptions): DataSource {
  assertSchemaName(options.schema);
  const { schema, statementTimeoutMs = STATEMENT_TIMEOUT_DEFAULT_MS } = options;
  const poolOptions: PoolOptions = {
    ...connectionSettings(options.url, options.applicationName, statementTimeoutMs),
    max: options.poolMax ?? POOL_DEFAULT_MAX,
    session: { schema, statementTimeoutMs },
  };
  return new DataSource({
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    migrations: [...(options.migrations ?? [])],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    applicationName: options.applicationName,
    driver: sessionDriver,
    extra: poolOptions,
  });
}

/** The connection string and schema that a data source was made with. */
export function connectionOf(dataSource: DataSource): {
  url: string;
  schema: string;
  applicationName: string;
} {
  const { options } = dataSource;
  if (options.type !== 'postgres' || options.url === undefined || options.schema === undefined)
    throw new Error('The data source was not made by createDataSource.');
  return {
    url: options.url,
    schema: options.schema,
    applicationName: options.applicationName ?? 'touchstone',
  };
}

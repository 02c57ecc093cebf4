import { AppError } from '@touchstone/contracts';
import { DataSource, type EntitySchema, type MigrationInterface } from 'typeorm';

/** How a service reaches its schema. */
export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database`, the service's own role. */
  readonly url: string;
  /** The one schema that the service owns. */
  readonly schema: string;
  readonly entities?: readonly (EntityClass | EntitySchema)[];
  /** Migration classes in order; their names end with a 13-digit timestamp, as TypeORM wants. */
  readonly migrations?: readonly (new () => MigrationInterface)[];
  readonly poolMax?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** 0 waits for ever, which only migrations may. */
  readonly statementTimeoutMs?: number;
}

/** A decorated TypeORM entity class. */
export type EntityClass = abstract new (...args: never[]) => object;

/** Connections of one process where the service does not say otherwise. */
export const POOL_DEFAULT_MAX = 10;
/** Milliseconds after which PostgreSQL cancels a statement. */
export const STATEMENT_TIMEOUT_DEFAULT_MS = 10_000;
/** Milliseconds that a new connection may take. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** Milliseconds that a transaction may idle; it would hold locks and keep vacuum from its work. */
export const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
/** The table, in the service's schema, that remembers which migrations ran. */
export const MIGRATIONS_TABLE = 'migrations';

/**
 * Makes the TypeORM data source of a service: its schema is the search path, the migrations table lies in it, nothing
 * is synchronised. The caller initialises and destroys it; the schema must exist by then (`runMigrations` makes it).
 */
export function createDataSource(options: PostgresOptions): DataSource {
  assertSchemaName(options.schema);
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_DEFAULT_MS;
  return new DataSource({
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    entities: [...(options.entities ?? [])] as (string | (new () => object) | EntitySchema)[],
    migrations: [...(options.migrations ?? [])],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    applicationName: options.applicationName,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      max: options.poolMax ?? POOL_DEFAULT_MAX,
      options: sessionOptions(options.schema),
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs === 0 ? 0 : IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
  });
}

/** Start-up options of every connection: names resolve in the service's schema alone. */
export function sessionOptions(schema: string): string {
  return `-c search_path=${schema}`;
}

/** Schema names stand in SQL text, where no parameter can; so only plain identifiers are taken. */
export function assertSchemaName(schema: string): void {
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(schema))
    throw new AppError('config-invalid', `The schema name ${JSON.stringify(schema)} is no plain identifier.`);
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

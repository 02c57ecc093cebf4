import { services, type ServiceName } from '@touchstone/contracts';
import { createDataSource, runMigrations, type PostgresOptions } from '@touchstone/postgres';
import pg from 'pg';
import type { ServiceDataSource } from '../older-versions.js';
import { createTestDatabase, type TestDatabase } from '../test-database.js';

/** What a fixture has to know about the schema of a service. */
export interface ServiceDatabase {
  readonly name: ServiceName;
  readonly databaseOptions: (config: never) => PostgresOptions;
}

/** A database of one spec with the migrated schema of a service. */
export class DatabaseFixture {
  private readonly closers: (() => Promise<unknown>)[] = [];

  constructor(
    private readonly owner: ServiceDatabase,
    readonly database: TestDatabase,
  ) {}

  /** As the service itself connects, with its migrations. */
  get databaseOptions(): PostgresOptions {
    return optionsOf(this.owner, this.database);
  }

  /** A pool of its own with the role of the service; closed with the fixture. */
  async dataSource(): Promise<ServiceDataSource> {
    const dataSource = await createDataSource(this.databaseOptions).initialize();
    this.onClose(async () => dataSource.isInitialized && (await dataSource.destroy()));
    return dataSource;
  }

  /** Asks the database as superuser. */
  async rows<T extends object = Record<string, unknown>>(
    sql: string,
    parameters: unknown[] = [],
  ): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.database.url });
    await client.connect();
    try {
      return (await client.query<T>(sql, parameters)).rows;
    } finally {
      await client.end();
    }
  }

  /** Bodies of the events that the outbox took, of one subject or of all, in their order, published or not. */
  async events<T = unknown>(subject?: string): Promise<T[]> {
    const rows = await this.rows<{ payload: Buffer }>(
      `SELECT payload FROM ${services[this.owner.name].schema}.outbox
       WHERE $1::text IS NULL OR subject = $1 ORDER BY id`,
      [subject ?? null],
    );
    return rows.map(({ payload }) => JSON.parse(payload.toString('utf8')) as T);
  }

  /** Ends what a spec opened, before what was opened earlier. */
  onClose(close: () => Promise<unknown>): void {
    this.closers.unshift(close);
  }

  async close(): Promise<void> {
    for (const close of this.closers.splice(0)) await close();
    await this.database.drop();
  }
}

/**
 * Migrates the schema of a service: in a copy of a template that the first spec of a run prepares, or in the database
 * that is given, which may have a server of its own.
 */
export async function migratedDatabase(owner: ServiceDatabase, own?: TestDatabase): Promise<TestDatabase> {
  const prepare = async (database: Pick<TestDatabase, 'urlFor'>): Promise<void> =>
    void (await runMigrations(optionsOf(owner, database)));
  if (own === undefined) return createTestDatabase(owner.name, { name: owner.name, prepare });
  await prepare(own);
  return own;
}

/** Of the configuration, a service reads nothing else for this. */
function optionsOf(owner: ServiceDatabase, database: Pick<TestDatabase, 'urlFor'>): PostgresOptions {
  return owner.databaseOptions({ DATABASE_URL: database.urlFor(owner.name) } as never);
}

import assert from 'node:assert/strict';
import type { ServiceName } from '@touchstone/contracts';
import {
  createDataSource,
  MIGRATIONS_TABLE,
  OutboxRelay,
  runMigrations,
  type PostgresOptions,
} from '@touchstone/postgres';
import { createTestDatabase } from './test-database.js';
import { waitUntil } from './wait-until.js';

/** Rows as services of an older version left them. */
export interface OldRows {
  /** Name of the migration that began to write them so; the first one when left out. */
  readonly since?: string;
  /** Name of the migration that ended it. */
  readonly before?: string;
  /** Statements, which name the columns of then. */
  readonly sql: string;
}

/** The data source of a service. */
export type ServiceDataSource = ReturnType<typeof createDataSource>;

/** What {@link olderVersions} has to know about a service. */
export interface OlderVersions {
  readonly service: ServiceName;
  /** As the service connects itself, with all its migrations. */
  readonly optionsFor: (url: string) => PostgresOptions;
  readonly rows: readonly OldRows[];
  /** Tables, and columns as `table.column`, that a migration takes away; where their contents are then is for `expectRows` to say. */
  readonly taken?: readonly string[];
  /** Reads the old rows through the stores of today. `version` is the last migration that the old version had. */
  readonly expectRows: (dataSource: ServiceDataSource, version: string) => Promise<void>;
}

/** The text of every column of every row, by table. */
type Contents = ReadonlyMap<string, readonly Readonly<Record<string, string | null>>[]>;

/** One version of a schema that is not the newest. */
export interface OlderVersion {
  /** The last migration that it had. */
  readonly version: string;
  /** Rejects when something is lost, read wrongly or done twice. */
  check(): Promise<void>;
}

/**
 * Every version of a schema but the newest. Its check fills every table that existed then, lets two replicas migrate at
 * the same time, and holds that each migration ran once, that every row kept what it had, that the stores of today read
 * it, that migrating again changes nothing, and that the migrations can be undone one by one, back to that version with
 * its rows and back to nothing. What waited in an outbox is published, and nothing else is.
 */
export function olderVersions(trial: OlderVersions): OlderVersion[] {
  const names = namesOf(trial.optionsFor('postgresql://unused'));
  return names.slice(0, -1).map((version, place) => ({
    version,
    check: async () => {
      const database = await createTestDatabase(`older_${trial.service}`);
      const options = trial.optionsFor(database.urlFor(trial.service));
      const dataSource = createDataSource(options);
      try {
        const older = names.slice(0, place + 1);
        await runMigrations({ ...options, migrations: classesOf(options, older) });
        await dataSource.initialize();
        await checkVersion(trial, [dataSource, options], { names, older });
      } finally {
        if (dataSource.isInitialized) await dataSource.destroy();
        await database.drop();
      }
    },
  }));
}

async function checkVersion(
  trial: OlderVersions,
  [dataSource, options]: readonly [ServiceDataSource, PostgresOptions],
  { names, older }: { readonly names: readonly string[]; readonly older: readonly string[] },
): Promise<void> {
  const { schema } = options;
  const newer = names.slice(older.length);
  const contents = (): Promise<Contents> => contentsOf(dataSource, schema);
  const undo = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 1) await dataSource.undoLastMigration();
  };
  for (const { sql } of trial.rows.filter((rows) => wereWritten(rows, older))) await dataSource.query(sql);
  const before = await contents();
  assert.deepEqual(emptyTables(before), [], 'tables without a row of then');

  const ran = await Promise.all([runMigrations(options), runMigrations(options)]);
  assert.deepEqual(ran.flat(), newer);
  const after = await contents();
  assertKept(before, after, trial.taken);
  assert.deepEqual(await runMigrations(options), []);
  assert.deepEqual(await contents(), after, 'migrating again changed something');

  await undo(newer.length);
  // A column comes back with what it had.
  const gone = trial.taken?.filter((name) => !name.includes('.'));
  assertKept(before, await contents(), gone);
  await dataSource.runMigrations();
  if (before.has('outbox')) assert.deepEqual(await publish(dataSource, schema), [PENDING_ID]);
  await trial.expectRows(dataSource, older[older.length - 1] as string);

  await undo(names.length);
  assert.deepEqual(await contents(), new Map());
  assert.deepEqual(
    (await dataSource.runMigrations()).map(({ name }) => name),
    names,
  );
}

/** Names of the migrations in the order in which they run. */
function namesOf({ migrations = [] }: PostgresOptions): string[] {
  const timeOf = (name: string): number => Number(name.slice(-13));
  return migrations.map(nameOf).sort((left, right) => timeOf(left) - timeOf(right));
}

function nameOf(migration: NonNullable<PostgresOptions['migrations']>[number]): string {
  return new migration().name ?? migration.name;
}

function classesOf({ migrations = [] }: PostgresOptions, names: readonly string[]) {
  return migrations.filter((migration) => names.includes(nameOf(migration)));
}

function wereWritten({ since, before }: OldRows, older: readonly string[]): boolean {
  return (since === undefined || older.includes(since)) && !(before !== undefined && older.includes(before));
}

async function contentsOf(dataSource: ServiceDataSource, schema: string): Promise<Contents> {
  const tables = (await dataSource.query(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = $1 AND table_name <> $2 ORDER BY table_name`,
    [schema, MIGRATIONS_TABLE],
  )) as { name: string }[];
  const contents = new Map<string, Record<string, string | null>[]>();
  for (const { name } of tables) {
    const rows = (await dataSource.query(
      // Numbers beyond 2^53 stay what they are as text alone.
      `SELECT (SELECT json_object_agg(key, value) FROM jsonb_each_text(to_jsonb(kept))) AS row FROM ${schema}.${name} AS kept`,
    )) as { row: Record<string, string | null> }[];
    contents.set(name, sorted(rows.map(({ row }) => row)));
  }
  return contents;
}

/** Lets a relay of today publish what waits; the ids in order. */
async function publish(dataSource: ServiceDataSource, schema: string): Promise<string[]> {
  const ids: string[] = [];
  const relay = new OutboxRelay({
    dataSource,
    publish: async (_subject, _payload, { msgId }) => void ids.push(msgId),
  });
  relay.start();
  try {
    await waitUntil(async () => {
      const pending = `SELECT FROM ${schema}.outbox WHERE published_at IS NULL`;
      return ((await dataSource.query(pending)) as unknown[]).length === 0;
    });
  } finally {
    await relay.stop();
  }
  return ids;
}

function emptyTables(contents: Contents): string[] {
  return [...contents].flatMap(([table, rows]) => (rows.length === 0 ? [table] : []));
}

/** Every table but those taken away has the same rows, and in them the same values in the columns of before. */
function assertKept(before: Contents, after: Contents, taken: readonly string[] = []): void {
  for (const [table, rows] of before) {
    if (taken.includes(table)) continue;
    const columns = Object.keys(rows[0] ?? {}).filter((column) => !taken.includes(`${table}.${column}`));
    const keptOf = (from: typeof rows): object[] =>
      sorted(from.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]]))));
    assert.deepEqual(keptOf(after.get(table) ?? []), keptOf(rows), `the rows of ${table}`);
  }
}

/** In an order that does not depend on columns which came later. */
function sorted<T extends object>(rows: readonly T[]): T[] {
  const textOf = (row: T): string => JSON.stringify(Object.entries(row).sort());
  return [...rows].sort((left, right) => (textOf(left) < textOf(right) ? -1 : 1));
}

/** What an outbox held, published and not, and the inbox that lay beside it until it was taken away. */
export function oldOutbox(schema: string, subject: string, body: object): OldRows[] {
  const insert = (id: string, publishedAt: string): string =>
    `INSERT INTO ${schema}.outbox (message_id, subject, headers, payload, created_at, published_at)
     VALUES ('${id}', '${subject}', '{"traceparent": "00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01"}',
       convert_to('${JSON.stringify(body).replaceAll("'", "''")}', 'UTF8'), '2026-11-21T08:00:00Z', ${publishedAt});`;
  return [
    {
      before: 'DropInbox1785700000000',
      sql: `CREATE TABLE ${schema}.inbox (
        consumer text NOT NULL,
        message_id text NOT NULL CHECK (length(message_id) BETWEEN 1 AND 128),
        received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (consumer, message_id)
      );
      CREATE INDEX inbox_received_at ON ${schema}.inbox (received_at);
      INSERT INTO ${schema}.inbox (consumer, message_id) VALUES ('never', 'used');`,
    },
    { sql: insert(PUBLISHED_ID, `'2026-11-21T08:00:01Z'`) + insert(PENDING_ID, 'NULL') },
  ];
}

const PUBLISHED_ID = '019aa580-0000-7000-8000-0000000000e1';
const PENDING_ID = '019aa580-0000-7000-8000-0000000000e2';

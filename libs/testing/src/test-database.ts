import { createHash, randomBytes } from 'node:crypto';
import type { ServiceName } from '@touchstone/contracts';
import { restrictDatabase, serviceDatabaseUrl } from '@touchstone/embedded';
import pg from 'pg';
import { TEMPLATE_DATABASE, testServers } from './test-servers.js';

/** A database of one test file, with the roles and schemas of all services and nothing in them. */
export interface TestDatabase {
  readonly name: string;
  /** As superuser. */
  readonly url: string;
  /** As the role of one service, which owns its schema and sees no other. */
  urlFor(service: ServiceName): string;
  /** Closes the connections that are left and drops the database. */
  drop(): Promise<void>;
}

/** A database that is prepared once per run, for example migrated, and cloned for each test. */
export interface DatabaseTemplate {
  /** Identifies the template in this run; the same name must always be prepared in the same way. */
  readonly name: string;
  prepare(database: Pick<TestDatabase, 'url' | 'urlFor'>): Promise<void>;
}

async function asSuperuser<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: testServers().postgres.superuserUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlsOf(name: string): Pick<TestDatabase, 'url' | 'urlFor'> {
  const { postgres } = testServers();
  const url = new URL(postgres.superuserUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    urlFor: (service) => serviceDatabaseUrl(postgres.port, service, postgres.rolePasswords[service], name),
  };
}

/** One lock per template: cloning needs a template without connections, preparing happens once. */
async function withTemplateLock<T>(client: pg.Client, template: string, work: () => Promise<T>): Promise<T> {
  const key = createHash('sha256').update(template).digest().readBigInt64BE(0).toString();
  await client.query('select pg_advisory_lock($1::bigint)', [key]);
  try {
    return await work();
  } finally {
    await client.query('select pg_advisory_unlock($1::bigint)', [key]);
  }
}

async function clone(client: pg.Client, template: string, name: string): Promise<void> {
  await withTemplateLock(client, template, () =>
    client.query(
      `create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)} strategy file_copy`,
    ),
  );
  await restrictDatabase(client, name);
}

async function preparedTemplate(client: pg.Client, template: DatabaseTemplate): Promise<string> {
  const name = `template_${template.name.replace(/[^a-z0-9_]/g, '_')}`.slice(0, 60);
  await withTemplateLock(client, `prepare ${name}`, async () => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount) return;
    const draft = `${name.slice(0, 50)}_${randomBytes(4).toString('hex')}`;
    await clone(client, TEMPLATE_DATABASE, draft);
    await template.prepare(urlsOf(draft));
    await client.query(`alter database ${pg.escapeIdentifier(draft)} rename to ${pg.escapeIdentifier(name)}`);
  });
  return name;
}

/**
 * Creates a database by cloning a template, which takes some tens of milliseconds.
 *
 * @param label - Part of the database's name, for whoever looks into a failed run.
 * @param template - A prepared (migrated) template; without one all schemas are empty.
 */
export async function createTestDatabase(label = 'test', template?: DatabaseTemplate): Promise<TestDatabase> {
  const prefix = label
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_')
    .slice(0, 40);
  const name = `${prefix}_${randomBytes(5).toString('hex')}`;
  await asSuperuser(async (client) => {
    const source = template ? await preparedTemplate(client, template) : TEMPLATE_DATABASE;
    await clone(client, source, name);
  });
  return {
    name,
    ...urlsOf(name),
    drop: () =>
      asSuperuser(async (client) => {
        await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
      }),
  };
}

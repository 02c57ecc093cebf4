import { serviceNames, services, type ServiceName } from '@touchstone/contracts';
import pg from 'pg';

/** The one database of the stack. */
export const DATABASE_NAME = 'touchstone';

const quote = (identifier: string): string => pg.escapeIdentifier(identifier);

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Creates a role that can log in, or gives an existing one this password, so that secrets and server agree. */
async function ensureRole(client: pg.Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role]);
  const verb = rowCount ? 'alter' : 'create';
  const attributes = 'login nosuperuser nocreatedb nocreaterole noreplication nobypassrls';
  await client.query(`${verb} role ${quote(role)} with ${attributes} password ${pg.escapeLiteral(password)}`);
}

/** Creates the login roles of the services and points each at its own schema. */
export async function ensureServiceRoles(
  superuserUrl: string,
  passwords: Readonly<Record<ServiceName, string>>,
): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    for (const service of serviceNames) {
      await ensureRole(client, service, passwords[service]);
      await client.query(`alter role ${quote(service)} set search_path = ${quote(services[service].schema)}`);
    }
  });
}

/** Creates a database unless it is there. */
export async function ensureDatabase(superuserUrl: string, name: string): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (!rowCount) await client.query(`create database ${quote(name)}`);
    await restrictDatabase(client, name);
  });
}

/** Lets the services connect and nobody else; a clone does not inherit this from its template. */
export async function restrictDatabase(client: pg.Client, name: string): Promise<void> {
  await client.query(`revoke all on database ${quote(name)} from public`);
  await client.query(`grant connect on database ${quote(name)} to ${serviceNames.map(quote).join(', ')}`);
}

/** Creates one schema per service, owned by its role, and takes every right from PUBLIC. */
export async function ensureServiceSchemas(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query('revoke all on schema public from public');
    for (const service of serviceNames) {
      const schema = quote(services[service].schema);
      await client.query(`create schema if not exists ${schema} authorization ${quote(service)}`);
      await client.query(`revoke all on schema ${schema} from public`);
    }
  });
}

/** The URL with which one service connects. */
export function serviceDatabaseUrl(
  port: number,
  service: ServiceName,
  password: string,
  database: string = DATABASE_NAME,
): string {
  return `postgres://${service}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

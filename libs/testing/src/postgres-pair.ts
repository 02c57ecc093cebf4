import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames, type ServiceName } from '@touchstone/contracts';
import {
  DATABASE_NAME,
  ensureDatabase,
  ensureServiceRoles,
  ensureServiceSchemas,
  freePort,
  serviceDatabaseUrl,
  startPostgres,
  type RunningPostgres,
} from '@touchstone/embedded';
import pg from 'pg';
import { followServer, startPostgresStandby } from './postgres-standby.js';
import { setReadOnly } from './read-only.js';
import { waitUntil } from './wait-until.js';

/** A primary and a standby that streams from it, with the roles and empty schemas of all services. */
export interface PostgresPair {
  readonly primaryPort: number;
  readonly standbyPort: number;
  /** The URL of a service's role for whatever listens on a port. */
  urlFor(service: ServiceName, port: number): string;
  /** As superuser, on the primary or, once it is promoted, on the standby. */
  query<R>(port: number, statement: string): Promise<R[]>;
  /**
   * Fails over as an orderly tool does: the primary takes no more writes and keeps its connections, the standby has
   * everything that was committed, and becomes the primary.
   */
  failOver(): Promise<void>;
  /** Restarts the old primary as a standby, which ends the connections that it kept. */
  demote(): Promise<void>;
  /** Stops both and removes their data. */
  drop(): Promise<void>;
}

/** Starts the two; replication is asynchronous, as it is by default. */
export async function startPostgresPair(): Promise<PostgresPair> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-postgres-pair-'));
  // PostgreSQL runs as another user when this runs as root.
  chmodSync(folder, 0o711);
  const password = randomBytes(32).toString('hex');
  const passwords = Object.fromEntries(
    serviceNames.map((name) => [name, randomBytes(32).toString('hex')]),
  ) as Record<ServiceName, string>;
  const start = (name: string, port: number): Promise<RunningPostgres> =>
    startPostgres({ dataDir: join(folder, name), password, port, durable: true, announce: () => undefined });
  const [primaryPort, standbyPort] = [await freePort(), await freePort()];
  const first = await start('primary', primaryPort);
  await ensureServiceRoles(first.url(), passwords);
  await ensureDatabase(first.url(), DATABASE_NAME);
  await ensureServiceSchemas(first.url(DATABASE_NAME));
  const standby = await startPostgresStandby(
    { ...first, url: first.url(), password },
    { dataDir: join(folder, 'standby'), port: standbyPort },
  );
  let primary = first;
  const servers = new Map([
    [primaryPort, () => primary],
    [standbyPort, () => standby],
  ]);
  const query = <R>(port: number, statement: string): Promise<R[]> =>
    queryOnce<R>((servers.get(port) ?? (() => primary))().url(DATABASE_NAME), statement);
  return {
    primaryPort,
    standbyPort,
    urlFor: (service, port) => serviceDatabaseUrl(port, service, passwords[service], DATABASE_NAME),
    query,
    failOver: async () => {
      await setReadOnly(primary.url(), true);
      const writing = 'SELECT count(*)::int AS count FROM pg_stat_activity WHERE backend_xid IS NOT NULL';
      await waitUntil(async () => (await query<{ count: number }>(primaryPort, writing))[0]?.count === 0);
      const [written] = await query<{ lsn: string }>(primaryPort, 'SELECT pg_current_wal_lsn() AS lsn');
      await waitUntil(async () => {
        const [replayed] = await query<{ done: boolean }>(
          standbyPort,
          `SELECT pg_last_wal_replay_lsn() >= '${written?.lsn}'::pg_lsn AS done`,
        );
        return replayed?.done === true;
      }, 20_000);
      await query(standbyPort, 'SELECT pg_promote()');
    },
    demote: async () => {
      await primary.stop();
      followServer(primary.dataFolder, { port: standbyPort, password });
      primary = await start('primary', primaryPort);
    },
    drop: async () => {
      await Promise.all([standby.stop(), primary.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function queryOnce<R>(url: string, statement: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows as R[];
  } finally {
    await client.end();
  }
}

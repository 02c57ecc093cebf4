import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames, type ServiceName } from '@touchstone/contracts';
import {
  DATABASE_NAME,
  ensureDatabase,
  ensureServiceRoles,
  ensureServiceSchemas,
  serviceDatabaseUrl,
  startPostgres,
} from '@touchstone/embedded';
import { setReadOnly } from './read-only.js';
import type { TestDatabase } from './test-database.js';

/** A PostgreSQL of one spec alone, which may be killed. */
export interface OwnPostgres extends TestDatabase {
  /** `kill -9`, as a machine that loses power would; its data stay. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
  /** Makes the server refuse writes, as a primary that is fenced off or demoted does, or take them again. */
  setReadOnly(readOnly: boolean): Promise<void>;
  /** Stops the server and removes its data. */
  drop(): Promise<void>;
}

/** Starts a PostgreSQL with the roles and empty schemas of all services. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-own-postgres-'));
  // PostgreSQL runs as another user when this runs as root.
  chmodSync(folder, 0o711);
  const password = randomBytes(32).toString('hex');
  const start = (port?: number) =>
    startPostgres({
      dataDir: join(folder, 'postgres'),
      password,
      // What was committed must survive the kill, as in production.
      durable: true,
      announce: () => undefined,
      ...(port === undefined ? {} : { port }),
    });
  let server = await start();
  const { port } = server;
  const passwords = Object.fromEntries(
    serviceNames.map((name) => [name, randomBytes(32).toString('hex')]),
  ) as Record<ServiceName, string>;
  await ensureServiceRoles(server.url(), passwords);
  await ensureDatabase(server.url(), DATABASE_NAME);
  await ensureServiceSchemas(server.url(DATABASE_NAME));
  return {
    name: DATABASE_NAME,
    url: server.url(DATABASE_NAME),
    urlFor: (service) => serviceDatabaseUrl(port, service, passwords[service], DATABASE_NAME),
    kill: async () => {
      const [pid] = readFileSync(join(server.dataFolder, 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGKILL');
      await server.exited;
    },
    restart: async () => {
      server = await start(port);
    },
    setReadOnly: (readOnly) => setReadOnly(server.url(), readOnly),
    drop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

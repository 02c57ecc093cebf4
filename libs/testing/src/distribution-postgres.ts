import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, postgresAccount, startGuardedProcess, type GuardedProcess } from '@touchstone/embedded';
import pg from 'pg';
import { obtainPackage, type ObtainOptions } from './debian-package.js';
import { waitUntil } from './wait-until.js';

/** What to do where there is none. */
export const DISTRIBUTION_POSTGRES_REMEDY =
  'Backups are tried with PostgreSQL’s own programs, which the npm package lacks: run the tests as root on Debian, or install the packages ' +
  'postgresql and postgresql-client.';

const INSTALLED = '/usr/lib/postgresql';
const START_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;

/** The folder of server and programs of one version: a dump is read by programs that are at least as new as its server. */
function findBinaries(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined;
  const versions = readdirSync(INSTALLED).sort((one, other) => Number(other) - Number(one));
  return versions
    .map((version) => join(INSTALLED, version, 'bin'))
    .find((folder) => ['postgres', 'pg_dump'].every((name) => existsSync(join(folder, name))));
}

/** Finds PostgreSQL as a distribution packs it, or installs it, see {@link obtainPackage}. @returns the folder of its programs */
export function obtainDistributionPostgres(options: ObtainOptions = {}): string | undefined {
  const announce = (line: string) => void process.stderr.write(`${line}\n`);
  return obtainPackage('postgresql', findBinaries, announce, options);
}

/** A new, empty PostgreSQL of the distribution, as an operator's own is. */
export interface DistributionPostgres {
  readonly port: number;
  /** How libpq reaches it as superuser. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops it and removes its data, as a lost disk does. */
  destroy(): Promise<void>;
}

/** Starts one on a port, or on a free one. It does not sync to disk. */
export async function startDistributionPostgres(
  password: string,
  wanted?: number,
): Promise<DistributionPostgres> {
  const binaries = findBinaries();
  if (binaries === undefined) throw new Error(DISTRIBUTION_POSTGRES_REMEDY);
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-distribution-postgres-'));
  const account = postgresAccount(() => undefined);
  chmodSync(folder, 0o711);
  if (account) chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  initialize(join(binaries, 'initdb'), data, password, account);
  const port = wanted ?? (await freePort());
  const server = await startGuardedProcess({
    command: join(binaries, 'postgres'),
    args: [
      ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
      ...['-c', 'unix_socket_directories=', '-c', 'fsync=off', '-c', 'max_connections=200'],
    ],
    logFile: join(folder, 'log'),
    pidFile: join(folder, 'pid.json'),
    signals: ['SIGINT', 'SIGQUIT'],
    graceMs: STOP_GRACE_MS,
    user: account,
  });
  const destroy = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(server, `postgres://postgres:${password}@127.0.0.1:${port}/postgres`);
  } catch (error) {
    await destroy();
    throw error;
  }
  const environment = {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: 'postgres',
    PGPASSWORD: password,
  };
  return { port, environment, destroy };
}

function initialize(
  initdb: string,
  data: string,
  password: string,
  account: { readonly uid: number; readonly gid: number } | undefined,
): void {
  const passwordFile = `${data}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) chownSync(passwordFile, account.uid, account.gid);
  const { status, stderr } = spawnSync(
    initdb,
    ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile, '-N', '--encoding=UTF8'],
    { encoding: 'utf8', env: { PATH: process.env['PATH'], LC_ALL: 'C' }, cwd: '/', ...account },
  );
  rmSync(passwordFile);
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
}

async function untilReady(server: GuardedProcess, url: string): Promise<void> {
  await waitUntil(
    async () => {
      if (server.hasExited()) throw new Error(`PostgreSQL did not start:\n${server.logTail()}`);
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    START_TIMEOUT_MS,
    'PostgreSQL to start',
  );
}

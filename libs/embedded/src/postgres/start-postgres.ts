import { join } from 'node:path';
import { AppError } from '@touchstone/contracts';
import pg from 'pg';
import { startGuardedProcess, type GuardedProcess } from '../process/guarded-process.js';
import { freePort } from '../process/ports.js';
import { repositoryRoot } from '../repository-root.js';
import { postgresAccount } from './account.js';
import { findPostgresBinaries } from './binaries.js';
import { initializeDataFolder, recoverDataFolder, SUPERUSER } from './data-folder.js';
import { locatePostgres, type PostgresLocation } from './location.js';

const READY_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;
const START_ATTEMPTS_MAX = 3;

/** Options of {@link startPostgres}. */
export interface PostgresOptions {
  readonly dataDir: string;
  /** The superuser's password, at least 16 characters; it is set when the cluster is created. */
  readonly password: string;
  /** 0 or absent takes any free port. */
  readonly port?: number;
  /** Asked about each port that is free, so that it may be claimed; see `freePort`. */
  readonly acceptPort?: (port: number) => Promise<boolean>;
  /** False only for tests: a crash of the machine may then lose everything. */
  readonly durable?: boolean;
  readonly logFile?: string;
  readonly pidFile?: string;
  readonly checkout?: string;
  /** Where the fallback folder of uid 0 lies; tests set it. */
  readonly fallbackParent?: string;
  readonly announce?: (line: string) => void;
}

/** A running PostgreSQL. */
export interface RunningPostgres {
  readonly port: number;
  readonly dataFolder: string;
  /** A URL of the superuser, with the password in it, for the given database. */
  url(database?: string): string;
  readonly exited: Promise<number>;
  stop(): Promise<void>;
}

function serverArguments(location: PostgresLocation, port: number, durable: boolean): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    fsync: durable ? 'on' : 'off',
    ...(durable ? {} : { synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return [
    ...['-D', location.dataFolder, '-p', String(port)],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** Waits until the server answers a query; only the server that knows the password's verifier passes SCRAM. */
async function waitUntilReady(url: string, server: GuardedProcess, dataFolder: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      if ((error as { code?: string }).code === '28P01') {
        throw new AppError(
          'config-invalid',
          `PostgreSQL in ${dataFolder} has another password than the secrets folder: the two do not belong together. ` +
            'Restore the secrets, or remove both with `touchstone reset`.',
          { cause: error },
        );
      }
      if (server.hasExited() || Date.now() > deadline) {
        throw new AppError(
          'dependency-unavailable',
          `PostgreSQL did not start; the end of its log:\n${server.logTail()}`,
          { cause: error },
        );
      }
    } finally {
      await client.end().catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function startOnce(
  options: PostgresOptions,
  location: PostgresLocation,
  port: number,
): Promise<RunningPostgres> {
  const server = await startGuardedProcess({
    command: join(location.binFolder, 'postgres'),
    args: serverArguments(location, port, options.durable ?? true),
    logFile: options.logFile ?? `${options.dataDir}.log`,
    pidFile: options.pidFile ?? `${options.dataDir}.pid.json`,
    // SIGINT is the fast shutdown, SIGQUIT the immediate one (PostgreSQL documentation, "Shutting Down the Server").
    signals: ['SIGINT', 'SIGQUIT'],
    graceMs: STOP_GRACE_MS,
    user: postgresAccount(() => undefined),
  });
  const url = (database = 'postgres'): string =>
    `postgres://${SUPERUSER}:${encodeURIComponent(options.password)}@127.0.0.1:${port}/${database}`;
  try {
    await waitUntilReady(url(), server, location.dataFolder);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { port, dataFolder: location.dataFolder, url, exited: server.exited, stop: () => server.stop() };
}

/**
 * Starts PostgreSQL on 127.0.0.1 with the binaries of the npm package: creates the cluster on the first start,
 * reuses it later, recovers one that crashed. There is no socket folder and every connection needs its password.
 *
 * @throws AppError `dependency-unavailable` with the end of the log when it does not start.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  if (options.password.length < 16) {
    throw new AppError('config-invalid', 'The PostgreSQL password needs at least 16 characters.');
  }
  const announce = options.announce ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const account = postgresAccount(announce);
  const location = locatePostgres(
    {
      checkout: options.checkout ?? repositoryRoot,
      dataFolder: options.dataDir,
      account,
      binaries: findPostgresBinaries(),
      fallbackParent: options.fallbackParent,
    },
    announce,
  );
  const { password, durable = true, logFile = `${options.dataDir}.log` } = options;
  await recoverDataFolder(location.dataFolder);
  await initializeDataFolder({ location, account, password, durable, logFile });
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(options.port, options.acceptPort);
    try {
      return await startOnce(options, location, port);
    } catch (error) {
      // Somebody may have taken the port since it was found free; another one is as good.
      const portTaken = error instanceof AppError && error.message.includes('Address already in use');
      if (!portTaken || attempt === START_ATTEMPTS_MAX) throw error;
    }
  }
}

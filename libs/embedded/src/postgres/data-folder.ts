import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '@touchstone/contracts';
import { startGuardedProcess } from '../process/guarded-process.js';
import { processStartTime, terminate } from '../process/identity.js';
import { logTail } from '../process/log-file.js';
import type { Account } from './account.js';
import { asNamedUser, userName } from './initdb-command.js';
import type { PostgresLocation } from './location.js';

const INITDB_TIMEOUT_MS = 60_000;
const ORPHAN_GRACE_MS = 5_000;

export const SUPERUSER = 'postgres';

interface InitializeOptions {
  readonly location: PostgresLocation;
  readonly account: Account | undefined;
  readonly password: string;
  readonly durable: boolean;
  readonly logFile: string;
}

async function runInitdb(options: InitializeOptions, folder: string, passwordFile: string): Promise<void> {
  const args = [
    ...['-D', folder, '--username', SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', ...(options.durable ? [] : ['--no-sync'])],
  ];
  const initdbItself = { command: join(options.location.binFolder, 'initdb'), args };
  const named = options.account !== undefined || userName() !== undefined;
  // Below the watchdog, so that initdb does not outlive a launcher that is killed meanwhile.
  const initdb = await startGuardedProcess({
    ...(named ? initdbItself : asNamedUser(initdbItself)),
    logFile: options.logFile,
    pidFile: `${options.location.dataFolder}.initdb.json`,
    signals: ['SIGTERM'],
    graceMs: ORPHAN_GRACE_MS,
    user: options.account,
  });
  let timedOut = false;
  const timeout = setTimeout(() => {
    timedOut = true;
    void initdb.stop();
  }, INITDB_TIMEOUT_MS);
  const exitCode = await initdb.exited;
  clearTimeout(timeout);
  const code = timedOut ? `no end after ${INITDB_TIMEOUT_MS} ms` : exitCode;
  if (code !== 0) {
    throw new AppError(
      'dependency-unavailable',
      `initdb failed (${code}); the end of ${options.logFile}:\n${logTail(options.logFile)}`,
    );
  }
}

/**
 * Creates the cluster unless it is there. initdb works in a folder beside it that is renamed at the end, so that an
 * interrupted initdb is never taken for a cluster.
 */
export async function initializeDataFolder(options: InitializeOptions): Promise<void> {
  const { dataFolder } = options.location;
  if (existsSync(join(dataFolder, 'PG_VERSION'))) return;
  if (existsSync(dataFolder) && readdirSync(dataFolder).length > 0) {
    throw new AppError(
      'conflict',
      `${dataFolder} is neither empty nor a PostgreSQL data folder; it is left as it is.`,
    );
  }
  const partial = `${dataFolder}.initializing`;
  const passwordFile = `${dataFolder}.password`;
  rmSync(partial, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  mkdirSync(dirname(dataFolder), { recursive: true });
  mkdirSync(partial, { mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600, flag: 'wx' });
  if (options.account) {
    for (const path of [partial, passwordFile]) chownSync(path, options.account.uid, options.account.gid);
  }
  try {
    await runInitdb(options, partial, passwordFile);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(dataFolder, { recursive: true, force: true });
  renameSync(partial, dataFolder);
}

function worksIn(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return processStartTime(pid) !== undefined;
  try {
    // A postmaster's working directory is its data folder; any other process has merely inherited the pid.
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

/**
 * Clears what a crash left: a server that still works on the folder is stopped (its launcher is gone, since the
 * caller holds the lock), and a postmaster.pid whose pid belongs to another process by now is removed, because
 * PostgreSQL would refuse to start on it.
 */
export async function recoverDataFolder(dataFolder: string): Promise<void> {
  const pidFile = join(dataFolder, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const startTime = Number.isSafeInteger(pid) && pid > 1 ? processStartTime(pid) : undefined;
  if (startTime !== undefined && worksIn(pid, dataFolder)) {
    const gone = await terminate({ pid, startTime }, ['SIGINT', 'SIGQUIT', 'SIGKILL'], ORPHAN_GRACE_MS);
    if (!gone) throw new AppError('conflict', `PostgreSQL (pid ${pid}) still runs on ${dataFolder}.`);
  }
  rmSync(pidFile, { force: true });
}

import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, postgresAccount, startGuardedProcess } from '@touchstone/embedded';
import { obtainPackage, runProgram, type ObtainOptions, type Run } from './debian-package.js';
import { waitUntil } from './wait-until.js';

/** What to do where there is none. */
export const PGBOUNCER_REMEDY =
  'The tests of poolers need PgBouncer: run them as root on Debian, or install the package pgbouncer.';

const VERSION_TIMEOUT_MS = 20_000;

/** The path of PgBouncer; Debian puts it where only root looks. */
function findPgbouncer(run: Run): string | undefined {
  return ['pgbouncer', '/usr/sbin/pgbouncer'].find(
    (command) => run(command, ['--version'], VERSION_TIMEOUT_MS) !== undefined,
  );
}

/** Finds PgBouncer, or installs it, see {@link obtainPackage}. */
export function obtainPgbouncer(options: ObtainOptions = {}): string | undefined {
  return obtainPackage('pgbouncer', findPgbouncer, (line) => process.stderr.write(`${line}\n`), options);
}

/** A running PgBouncer. */
export interface Pgbouncer {
  readonly port: number;
  /** The URL of a server, led through it. */
  through(url: string): string;
  stop(): Promise<void>;
}

/**
 * Starts PgBouncer in front of the server and the login of a URL.
 *
 * @param settings of its section `[pgbouncer]`, `pool_mode` for example
 */
export async function startPgbouncer(
  url: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Pgbouncer> {
  const command = findPgbouncer(runProgram);
  if (command === undefined) throw new Error(PGBOUNCER_REMEDY);
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-pgbouncer-'));
  chmodSync(folder, 0o711);
  // Like PostgreSQL it does not run as root.
  const account = postgresAccount(() => undefined);
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (account) chownSync(path, account.uid, account.gid);
    return path;
  };
  const { username, password, port: serverPort } = new URL(url);
  const port = await freePort();
  const section = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: write('users', `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`),
    ...settings,
  };
  const lines = Object.entries(section).map(([name, value]) => `${name} = ${value}`);
  const server = await startGuardedProcess({
    command,
    args: [
      write(
        'pgbouncer.ini',
        `[databases]\n* = host=127.0.0.1 port=${serverPort}\n[pgbouncer]\n${lines.join('\n')}\n`,
      ),
    ],
    logFile: join(folder, 'log'),
    pidFile: join(folder, 'pid.json'),
    signals: ['SIGTERM'],
    graceMs: 2_000,
    user: account,
  });
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil(() => {
      if (server.hasExited()) throw new Error(`PgBouncer did not start:\n${server.logTail()}`);
      return answers(port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    through: (direct) => {
      const changed = new URL(direct);
      changed.hostname = '127.0.0.1';
      changed.port = String(port);
      return changed.href;
    },
    stop,
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

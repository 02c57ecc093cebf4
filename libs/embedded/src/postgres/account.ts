import { spawnSync } from 'node:child_process';
import { AppError } from '@touchstone/contracts';

/** The account that runs PostgreSQL when the launcher itself runs as uid 0. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const ACCOUNT = 'postgres';

function numberFrom(command: string, args: readonly string[]): number | undefined {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  const text = result.status === 0 ? result.stdout.trim() : '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function lookUp(): Account | undefined {
  const uid = numberFrom('id', ['-u', ACCOUNT]);
  const gid = numberFrom('id', ['-g', ACCOUNT]);
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
}

/**
 * The account for PostgreSQL, which refuses to run as root: undefined for an ordinary user, who runs it directly;
 * for uid 0 the user `postgres`, created when absent, which changes the machine and is therefore announced.
 */
export function postgresAccount(announce: (line: string) => void): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = lookUp();
  if (existing) return existing;
  announce(`PostgreSQL does not run as root: creating the system user and group "${ACCOUNT}".`);
  spawnSync('groupadd', ['--system', ACCOUNT]);
  const created = spawnSync(
    'useradd',
    ['--system', '--gid', ACCOUNT, '--no-create-home', '--shell', '/usr/sbin/nologin', ACCOUNT],
    { encoding: 'utf8' },
  );
  const account = lookUp();
  if (account) return account;
  throw new AppError(
    'dependency-unavailable',
    `PostgreSQL does not run as root and the user "${ACCOUNT}" could not be created ` +
      `(${created.error?.message ?? created.stderr.trim()}). Create it, or start this as an ordinary user.`,
  );
}

/** True when the account may traverse `path`, tried by the kernel itself, so that groups and ACLs count. */
export function canTraverse(account: Account, path: string): boolean {
  const { uid, gid } = account;
  return spawnSync('sh', ['-c', 'test -x "$1"', 'sh', path], { uid, gid, cwd: '/' }).status === 0;
}

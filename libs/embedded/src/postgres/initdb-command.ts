import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { AppError } from '@touchstone/contracts';

/** How a program is started. */
interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
}

/** The name of the user of this process; undefined for a uid without an entry, as containers give it. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/**
 * initdb refuses to run as a user without a name, though it needs none here. Such a uid is shown to it as another one
 * that has a name, in a user namespace of its own; outside of it, files still belong to the real uid.
 *
 * @throws AppError `dependency-unavailable` where namespaces are not allowed
 */
export function asNamedUser({ command, args }: Invocation, unshare = 'unshare'): Invocation {
  const uid = namedUid();
  const lent = uid === undefined ? [] : ['--user', `--map-user=${uid}`];
  if (uid !== undefined && spawnSync(unshare, [...lent, 'true']).status === 0)
    return { command: unshare, args: [...lent, command, ...args] };
  throw new AppError(
    'dependency-unavailable',
    `uid ${process.getuid?.()} has no name on this machine, and initdb of PostgreSQL asks for one. Add a line for it to ` +
      '/etc/passwd, start this as another user, or allow user namespaces (unshare --user).',
  );
}

function namedUid(): number | undefined {
  try {
    const uids = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => Number(line.split(':')[2] || Number.NaN));
    return uids.find((uid) => Number.isSafeInteger(uid) && uid > 0);
  } catch {
    return undefined;
  }
}

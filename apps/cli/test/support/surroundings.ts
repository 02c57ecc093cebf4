import { spawnSync } from 'node:child_process';

/** A uid that no machine has a name for. */
const UID = 54_321;
const CHECKED_MS = 10_000;

/** Where a child runs: what is put before its command, and what that could not arrange on this machine. */
export interface Surroundings {
  readonly uid: number;
  /** Whether the uid is one without a name. */
  readonly nameless: boolean;
  readonly description: string;
  /** The whole command for a program that may write in `folder` alone. */
  command(folder: string, program: readonly string[]): readonly [string, ...string[]];
}

/** A root that cannot be written but for one folder, in mounts of its own; "$1" is the folder. */
const READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,ro,bind / && cd "$1" && shift && exec "$@"';
const works = ([command, ...args]: readonly string[]) =>
  spawnSync(command ?? '', args, { timeout: CHECKED_MS }).status === 0;

/**
 * The oddest surroundings that this machine can give: a uid without a name where this is root, and a root that cannot
 * be written where mounts of its own are allowed. HOME is unset and TMPDIR is missing in any case.
 *
 * @param needed a file that the uid has to be able to read
 */
export function oddSurroundings(folder: string, needed: string): Surroundings {
  const root = process.getuid?.() === 0;
  const nameless = ['setpriv', '--reuid', String(UID), '--regid', String(UID), '--clear-groups'];
  const hasUid = root && works([...nameless, 'test', '-r', needed]);
  const unshare = ['unshare', ...(root ? ['-m'] : ['-rm']), 'sh', '-c', READ_ONLY, 'sh'];
  const hasReadOnly = works([...unshare, folder, 'sh', '-c', `! touch /touchstone-odd 2>/dev/null`]);
  const arranged = [
    ...(hasUid ? [`as uid ${UID}, which has no name`] : []),
    ...(hasReadOnly ? ['on a root that cannot be written'] : []),
    'without HOME',
    'with a TMPDIR that is missing',
  ];
  const left = [
    ...(hasUid ? [] : [root ? `${needed} cannot be read by uid ${UID}` : 'a uid without a name needs root']),
    ...(hasReadOnly ? [] : ['mounts are not allowed here']),
  ];
  return {
    uid: hasUid ? UID : (process.getuid?.() ?? 0),
    nameless: hasUid,
    description: `${arranged.join(', ')}${left.length === 0 ? '' : ` (left out: ${left.join('; ')})`}`,
    command: (writable, program) => {
      const inner = hasUid ? [...nameless, ...program] : program;
      return (hasReadOnly ? [...unshare, writable, ...inner] : [...inner]) as [string, ...string[]];
    },
  };
}

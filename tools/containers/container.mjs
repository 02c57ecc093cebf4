// Runs a program of an image from the image's root file system, as a container would: as another user without rights, on a
// read-only root, with the mounts that it was given and a bound on its memory. No container engine is needed, only Linux and root.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ENTER = fileURLToPath(new URL('enter.sh', import.meta.url));
/** What a container of an image has in its environment whatever else it gets. */
export const PATH_OF_IMAGES = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What an image sets for its containers, by name (OCI image specification, config.Env). */
export function environmentOf({ Env = [] }) {
  return Object.fromEntries(
    Env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** A bound on memory, by whichever version of control groups this machine has. */
export class MemoryBound {
  /** @param bytes what all processes in it may have together; the kernel ends one of them beyond that */
  constructor(name, bytes) {
    const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');
    this.folder = unified ? `/sys/fs/cgroup/touchstone-${name}` : `/sys/fs/cgroup/memory/touchstone-${name}`;
    this.bytes = bytes;
    this.peakFile = `${this.folder}/${unified ? 'memory.peak' : 'memory.max_usage_in_bytes'}`;
    mkdirSync(this.folder);
    writeFileSync(`${this.folder}/${unified ? 'memory.max' : 'memory.limit_in_bytes'}`, String(bytes));
  }

  /** The most bytes that were taken so far. */
  peak() {
    return Number(readFileSync(this.peakFile, 'utf8'));
  }

  remove() {
    rmdirSync(this.folder);
  }
}

const mountText = ({ from, to, readOnly = true }) =>
  from === undefined ? `tmpfs:${to}` : `${readOnly ? 'ro' : 'rw'}:${from}:${to}`;

const who = ({ uid, gid, groups = [] }) => [
  String(uid),
  String(gid),
  groups.length === 0 ? '-' : groups.join(','),
];

/** As setpriv takes them. */
const bounding = (capabilities) =>
  ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(',');

/**
 * The command line that runs `argv` in a container. It becomes the program itself, so that its process id, signals, standard input and
 * exit code are the program's; the environment is what the command line is started with.
 *
 * @param root the root file system
 * @param user `{ uid, gid, groups }`
 * @param capabilities what uid 0 may do; nobody else has any
 * @param mounts `{ from, to, readOnly }` for a file or folder, `{ to }` for an empty folder in memory
 * @param bound a {@link MemoryBound}
 * @param network name of a network namespace (`ip netns`); the caller's when left out
 */
export function containerCommand(options) {
  const { root, user, capabilities = [], mounts = [], bound, network, workdir = '/app', argv } = options;
  const enter = ['unshare', '--mount', '--propagation', 'private', 'sh', ENTER];
  const inside = network === undefined ? [] : ['nsenter', `--net=/run/netns/${network}`];
  return [
    ...[...inside, ...enter, root, bound?.folder ?? '-', ...who(user), bounding(capabilities), workdir],
    ...[...mounts.map(mountText), '--', ...argv],
  ];
}

/**
 * The command line that runs `argv` beside the main process of a container, with its mounts, network, bound on memory and no more rights.
 *
 * @param pid of the main process
 */
export function execCommand({ pid, user: { uid, gid }, bound, workdir = '/app', argv }) {
  const join = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
  const enter = ['nsenter', `--target=${pid}`, '--mount', '--net', '--root'];
  const rights = ['--clear-groups', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'];
  return [
    ...['sh', '-c', join, bound.folder, ...enter],
    ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...rights],
    ...['sh', '-c', 'cd "$0" && exec "$@"', workdir, ...argv],
  ];
}

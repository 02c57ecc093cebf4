import { spawnSync } from 'node:child_process';

const INSTALL_TIMEOUT_MS = 600_000;

/** What runs a program and gives what it printed; undefined when it is not there or fails. */
export type Run = (command: string, args: readonly string[], timeoutMs: number) => string | undefined;

/** Runs a program of the machine. No service that a package brings is started by its installation. */
export const runProgram: Run = (command, args, timeoutMs) => {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: timeoutMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C', RUNLEVEL: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return status === 0 ? stdout : undefined;
};

/** How a program is had, for a spec with a machine of its own. */
export interface ObtainOptions {
  readonly run?: Run;
  readonly isRoot?: boolean;
}

/**
 * Finds a program, or installs the distribution's package, which root can do where there is apt. For programs with
 * libraries beside them, which cannot be unpacked into a folder as nats-server is.
 *
 * @returns what `find` gives; undefined where it is not there and cannot be had
 */
export function obtainPackage(
  name: string,
  find: (run: Run) => string | undefined,
  announce: (line: string) => void,
  { run = runProgram, isRoot = process.getuid?.() === 0 }: ObtainOptions = {},
): string | undefined {
  const found = find(run);
  if (found !== undefined || !isRoot) return found;
  announce(`${name} is not there: installing the package of the distribution with apt-get.`);
  const steps = [['update'], ['install', '-y', '--no-install-recommends', name]];
  for (const step of steps) if (run('apt-get', step, INSTALL_TIMEOUT_MS) === undefined) return undefined;
  return find(run);
}

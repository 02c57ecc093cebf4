import { spawnSync } from 'node:child_process';

/** Names under which distributions install it; all of them are Chromium or made of it. */
const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const VERSION_TIMEOUT_MS = 20_000;
const INSTALL_TIMEOUT_MS = 600_000;

/** What to do where there is none. */
export const CHROMIUM_REMEDY =
  'The browser tests need Chromium on PATH: run node tools/chromium.mjs as root on Debian, or install it.';

/** Flags with which it runs without a screen, also for root, and asks nobody but the pages that it is given. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-proxy-server',
];

/** What runs a program and gives what it printed; undefined when it is not there or fails. */
export type Run = (command: string, args: readonly string[], timeoutMs: number) => string | undefined;

const runProgram: Run = (command, args, timeoutMs) => {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: timeoutMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return status === 0 ? stdout : undefined;
};

/** The path of a Chromium that says its version; a name may be a stub that asks for something else to be installed. */
export function findChromium(run: Run = runProgram): string | undefined {
  return names
    .map((name) => run('sh', ['-c', `command -v ${name}`], VERSION_TIMEOUT_MS)?.trim() ?? '')
    .find(
      (path) =>
        path !== '' &&
        /^(?:Chromium|Google Chrome) \d/.test(run(path, ['--version'], VERSION_TIMEOUT_MS) ?? ''),
    );
}

/**
 * Finds Chromium, or installs the distribution's package, which root can do where there is apt. It has some hundred
 * libraries beside it, so that it cannot be unpacked into a folder as nats-server is.
 *
 * @returns its path; undefined where it is not there and cannot be had
 */
export function obtainChromium(
  announce: (line: string) => void,
  { run = runProgram, isRoot = process.getuid?.() === 0 }: { run?: Run; isRoot?: boolean } = {},
): string | undefined {
  const found = findChromium(run);
  if (found !== undefined || !isRoot) return found;
  announce('Chromium is not on PATH: installing the package of the distribution with apt-get.');
  const steps = [['update'], ['install', '-y', '--no-install-recommends', 'chromium']];
  for (const step of steps) if (run('apt-get', step, INSTALL_TIMEOUT_MS) === undefined) return undefined;
  return findChromium(run);
}

import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '@touchstone/contracts';
import { unpackPackagedProgram } from '../process/debian-package.js';
import { cacheFolder } from './cache-folder.js';

const run = promisify(execFile);
const VERSION_TIMEOUT_MS = 10_000;
const GO_INSTALL_TIMEOUT_MS = 600_000;

/** The version that `go install` builds where the distribution has no package. */
export const NATS_SERVER_GO_VERSION = 'v2.11.10';
const OLDEST: readonly [number, number] = [2, 9];

/** A usable nats-server and how it was found. */
export interface NatsServerBinary {
  readonly path: string;
  readonly version: string;
  readonly source: 'path' | 'cache' | 'apt' | 'go';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The version a nats-server reports; undefined when it does not run. */
export async function natsServerVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    return /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** True for a version that has everything the streams use. */
export function isSupportedNatsVersion(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

async function usable(
  path: string,
  source: NatsServerBinary['source'],
): Promise<NatsServerBinary | undefined> {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return undefined;
  }
  const version = await natsServerVersion(path);
  return version !== undefined && isSupportedNatsVersion(version) ? { path, version, source } : undefined;
}

async function onPath(environment: Environment): Promise<NatsServerBinary | undefined> {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  // Debian puts the server into sbin, which is not on the PATH of ordinary users.
  for (const folder of [...folders, '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']) {
    const found = await usable(join(folder, 'nats-server'), 'path');
    if (found) return found;
  }
  return undefined;
}

const unpackDistributionPackage = (target: string, environment: Environment): Promise<void> =>
  unpackPackagedProgram({ package: 'nats-server', path: 'usr/sbin/nats-server' }, target, environment);

async function goInstall(target: string, environment: Environment): Promise<void> {
  const work = mkdtempSync(`${target}.partial-`);
  try {
    await run('go', ['install', `github.com/nats-io/nats-server/v2@${NATS_SERVER_GO_VERSION}`], {
      cwd: work,
      timeout: GO_INSTALL_TIMEOUT_MS,
      env: { ...environment, GOBIN: work, GOFLAGS: '-trimpath' },
    });
    mkdirSync(target, { recursive: true, mode: 0o700 });
    renameSync(join(work, 'nats-server'), join(target, 'nats-server'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n').slice(0, 2).join(' ');

/** Looks for a nats-server without fetching one: on PATH, then in the cache. */
export async function findNatsServer(
  environment: Environment = process.env,
): Promise<NatsServerBinary | undefined> {
  const found = await onPath(environment);
  if (found) return found;
  const cache = cacheFolder(environment);
  for (const source of ['apt', 'go']) {
    const cached = await usable(join(cache, `nats-server-${source}`, 'nats-server'), 'cache');
    if (cached) return cached;
  }
  return undefined;
}

/**
 * Finds a nats-server ≥ 2.9: on PATH, in the cache, from the distribution's package (unpacked into the cache, not
 * installed), by `go install` of a pinned version.
 *
 * @throws AppError `dependency-unavailable` that says what was tried and what to install.
 */
export async function locateNatsServer(
  announce: (line: string) => void,
  environment: Environment = process.env,
): Promise<NatsServerBinary> {
  const found = await findNatsServer(environment);
  if (found) return found;
  const cache = cacheFolder(environment);
  const tried: string[] = [];
  const ways = [
    { source: 'apt', text: "unpacking the distribution's package", obtain: unpackDistributionPackage },
    { source: 'go', text: `building ${NATS_SERVER_GO_VERSION} with go install`, obtain: goInstall },
  ] as const;
  for (const { source, text, obtain } of ways) {
    announce(`nats-server is not on PATH: ${text} into ${cache}.`);
    const target = join(cache, `nats-server-${source}`);
    try {
      await obtain(target, environment);
      const binary = await usable(join(target, 'nats-server'), source);
      if (binary) return binary;
      tried.push(`${text}: it is older than ${OLDEST.join('.')} or does not run`);
    } catch (error) {
      tried.push(`${text}: ${firstLine(error)}`);
    }
  }
  throw new AppError(
    'dependency-unavailable',
    `No nats-server ≥ ${OLDEST.join('.')}. Install it (apt-get install nats-server, brew install nats-server, or a ` +
      `release from nats.io on PATH), or set NATS_URL. Tried: ${tried.join('; ')}.`,
  );
}

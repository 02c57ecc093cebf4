import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const DOWNLOAD_TIMEOUT_MS = 300_000;
const folder = join(homedir(), '.cache', 'touchstone', 'public-models');

/**
 * Unpacks a wheel of PyPI into a folder of its own in the cache; nothing of it is installed or run.
 *
 * @param python with pip
 * @returns the folder; undefined where the index does not answer, in which case specs skip what needs it
 * @throws Error where it answers, and the package cannot be had all the same
 */
export function publicPackage(python: string, name: string, version: string): string | undefined {
  const unpacked = join(folder, `${name}-${version}`);
  if (existsSync(unpacked)) return unpacked;
  const fresh = `${unpacked}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-cache-dir', '--only-binary', ':all:'];
    const downloaded = run(python, [...pip, '--dest', fresh, `${name}==${version}`]);
    const wheel = readdirSync(fresh).find((file) => file.endsWith('.whl'));
    if (wheel === undefined) {
      if (run(python, ['-m', 'pip', 'index', 'versions', name]).status === 0)
        throw new Error(`PyPI answers, and ${name} ${version} cannot be downloaded: ${downloaded.stderr}`);
      process.stderr.write(`Tests are skipped: PyPI cannot be reached for ${name} ${version}.\n`);
      return undefined;
    }
    const extracted = run(python, ['-m', 'zipfile', '-e', join(fresh, wheel), fresh]);
    if (extracted.status !== 0) throw new Error(`${wheel} cannot be unpacked: ${extracted.stderr}`);
    rmSync(join(fresh, wheel));
    if (!existsSync(unpacked)) renameSync(fresh, unpacked);
    return unpacked;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

const run = (command: string, args: string[]) =>
  spawnSync(command, args, { encoding: 'utf8', timeout: DOWNLOAD_TIMEOUT_MS });

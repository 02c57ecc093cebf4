import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DOWNLOAD_TIMEOUT_MS = 120_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** A package of the distribution, and a program in it. */
export interface PackagedProgram {
  readonly package: string;
  /** Below the root, as in `usr/sbin/nats-server`. */
  readonly path: string;
}

/**
 * Fetches a package of the distribution and puts one program of it into a folder; nothing is installed and no script of
 * the package runs.
 *
 * @throws what `apt-get` or `dpkg` say
 */
export async function unpackPackagedProgram(
  program: PackagedProgram,
  target: string,
  environment: Environment = process.env,
): Promise<void> {
  const work = mkdtempSync(`${target}.partial-`);
  try {
    await download(program.package, work, environment);
    const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get download left no package behind');
    const options = { cwd: work, timeout: DOWNLOAD_TIMEOUT_MS, env: environment };
    await run('dpkg', ['-x', archive, 'unpacked'], options);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    renameSync(join(work, 'unpacked', program.path), join(target, basename(program.path)));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function download(name: string, work: string, environment: Environment): Promise<void> {
  const options = { cwd: work, timeout: DOWNLOAD_TIMEOUT_MS, env: { ...environment, LC_ALL: 'C' } };
  try {
    await run('apt-get', ['download', name], options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    // Container images carry no package lists; fetch them into the work folder, the machine's own stay untouched.
    const own = ['-o', `Dir::State::Lists=${work}/lists`, '-o', `Dir::Cache=${work}/cache`];
    for (const folder of ['lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(work, folder), { recursive: true });
    }
    await run('apt-get', [...own, 'update'], options);
    await run('apt-get', [...own, 'download', name], options);
  }
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CRYPTOGRAPHY_VERSION = '48.0.0';
const INSTALL_TIMEOUT_MS = 180_000;
const checkout = fileURLToPath(new URL('../../..', import.meta.url));

const imports = (python: string): boolean =>
  spawnSync(python, ['-c', 'import cryptography'], { timeout: 20_000 }).status === 0;

/**
 * A Python that has the package `cryptography`: the one on PATH, else an environment of its own in the cache.
 *
 * @returns undefined where neither can be had; specs then skip what needs it
 */
export function pythonWithCryptography(): string | undefined {
  if (imports('python3')) return 'python3';
  const folder = join(homedir(), '.cache', 'touchstone', `python-cryptography-${CRYPTOGRAPHY_VERSION}`);
  const python = join(folder, 'bin', 'python');
  if (!existsSync(python)) {
    spawnSync('python3', ['-m', 'venv', folder], { timeout: INSTALL_TIMEOUT_MS });
    spawnSync(python, ['-m', 'pip', 'install', '--quiet', `cryptography==${CRYPTOGRAPHY_VERSION}`], {
      timeout: INSTALL_TIMEOUT_MS,
    });
  }
  if (imports(python)) return python;
  if (process.env['CI'])
    throw new Error('The independent check needs python3 with the package cryptography.');
  return undefined;
}

/** What tools/verify_independent.py says about one bundle. */
export interface IndependentReport {
  readonly file: string;
  readonly result: 'VALID' | 'INVALID';
  readonly label: string;
  readonly steps: readonly { readonly step: string; readonly status: string; readonly detail: string }[];
}

/** Runs the independent verifier on files, all in one process. */
export function verifyIndependently(
  python: string,
  files: readonly string[],
  options: readonly string[] = [],
): { status: number | null; reports: IndependentReport[]; stderr: string } {
  const script = join(checkout, 'tools', 'verify_independent.py');
  const run = spawnSync(python, [script, ...files, ...options, '--json'], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const lines = run.stdout.split('\n').filter((line) => line !== '');
  return {
    status: run.status,
    reports: lines.map((line) => JSON.parse(line) as IndependentReport),
    stderr: run.stderr,
  };
}

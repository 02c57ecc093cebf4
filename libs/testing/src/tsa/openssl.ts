import { spawnSync } from 'node:child_process';
import { findOpenssl } from '@touchstone/embedded';

/** What to do where there is none. */
export const OPENSSL_REMEDY =
  'The tests of time-stamping authorities need OpenSSL 3: install it so that openssl is on PATH.';

const CALL_TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 16_777_216;

/** True when the command `openssl` is there and of version 3 or later. */
export const isOpensslPresent = (): boolean => findOpenssl() !== undefined;

/**
 * Runs `openssl` in a folder and waits for it.
 *
 * @returns what it wrote to its standard output
 * @throws Error with what it complained about
 */
export function openssl(folder: string, args: readonly string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync('openssl', args, {
    cwd: folder,
    timeout: CALL_TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
    // The machine's own configuration decides nothing: every command that reads one names that of the folder.
    env: { PATH: process.env['PATH'] ?? '', OPENSSL_CONF: '/dev/null', LC_ALL: 'C' },
  });
  if (error) throw new Error(`${OPENSSL_REMEDY} (${error.message})`);
  if (status !== 0) throw new Error(`openssl ${args.join(' ')} failed:\n${stderr.toString()}`);
  return stdout;
}

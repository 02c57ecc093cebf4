import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const OUTPUT_BYTES_MAX = 1_048_576;

/** How long a command may take, and what ends it earlier. */
export interface OpensslBounds {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs `openssl` in a folder, without the machine's own configuration.
 *
 * @returns what it writes to its standard output
 * @throws Error when it complains, takes too long or is ended
 */
export async function runOpenssl(
  path: string,
  folder: string,
  args: readonly string[],
  { timeoutMs, signal }: OpensslBounds,
): Promise<Buffer> {
  const { stdout } = await execute(path, args, {
    cwd: folder,
    encoding: 'buffer',
    env: { PATH: process.env['PATH'] ?? '', OPENSSL_CONF: '/dev/null', LC_ALL: 'C' },
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
    timeout: timeoutMs,
    ...(signal ? { signal } : {}),
  });
  return stdout;
}

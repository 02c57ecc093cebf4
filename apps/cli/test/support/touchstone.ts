import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command as it is installed. */
export const bin = fileURLToPath(new URL('../../bin/touchstone.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a user does, in a folder, with something on standard input. */
export function touchstone(
  args: readonly string[],
  options: { cwd?: string; stdin?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bin, ...args],
      {
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        env: { PATH: process.env['PATH'] ?? '', ...options.env },
      },
      (error, stdout, stderr) => {
        const code = error?.code;
        resolve({ status: error ? (typeof code === 'number' ? code : -1) : 0, stdout, stderr });
      },
    );
    child.stdin?.end(options.stdin ?? '');
  });
}

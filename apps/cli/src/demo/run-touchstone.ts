import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Runs the command line in a process of its own, as a stranger would. */
export function runTouchstone(
  checkout: string,
  args: readonly string[],
): Promise<{ exitCode: number; output: string }> {
  const child = spawn(process.execPath, [join(checkout, 'apps/cli/bin/touchstone.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}

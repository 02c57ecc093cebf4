import { spawn } from 'node:child_process';
import type { ExitCode } from '../exit-codes.js';
import { proverScript } from './built-in-prover.js';

/** Hands a command line to the prover and gives back its exit code. It is a program of its own, under its own licence. */
export function callProver(words: readonly string[]): Promise<ExitCode> {
  const child = spawn(process.execPath, [proverScript, ...words], { stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals) => () => child.kill(signal);
  const passed = (['SIGINT', 'SIGTERM'] as const).map((signal) => [signal, pass(signal)] as const);
  for (const [signal, handler] of passed) process.on(signal, handler);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      for (const [signal, handler] of passed) process.off(signal, handler);
      resolve((code ?? 1) as ExitCode);
    });
  });
}

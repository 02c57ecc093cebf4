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

/** What the prover said and how it ended. */
export interface ProverAnswer {
  readonly exitCode: number;
  readonly said: string;
  /** Why it did not do it; empty when it did. */
  readonly refusal: string;
}

/** Calls the prover and listens to it. */
export function askProver(words: readonly string[]): Promise<ProverAnswer> {
  const child = spawn(process.execPath, [proverScript, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, refusal] = [child.stdout, child.stderr].map((stream) => {
    const texts: string[] = [];
    stream.setEncoding('utf8').on('data', (text: string) => texts.push(text));
    return texts;
  }) as [string[], string[]];
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ exitCode: code ?? 1, said: said.join('').trim(), refusal: refusal.join('').trim() }),
    );
  });
}

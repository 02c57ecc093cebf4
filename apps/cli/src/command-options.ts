import { InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from './exit-codes.js';

/** Runs a command and keeps its exit code until standard output is written. */
export const finish = async (code: Promise<ExitCode>): Promise<void> => {
  process.exitCode = await code;
};

/** `--json`. */
export const json = (): Option =>
  new Option('--json', 'machine-readable output on standard output').default(false);

/** `--state <dir>`. */
export const stateDirectory = (): Option =>
  new Option('--state <dir>', 'folder of the running stack').default('.touchstone');

/** Parses an option that counts from 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a positive integer');
  return value;
}

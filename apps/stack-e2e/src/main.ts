import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { terminalProgress } from '@touchstone/embedded';
import { readOptions, UsageError, usage, type Options } from './options.js';
import { printReport } from './report/print.js';
import { Suite } from './suite.js';

const exitCodes = { ok: 0, broken: 1, usage: 2, failed: 4 } as const;

/** Runs the fault suite; resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`faults: ${error.message}\n\n${usage}\n`);
    return exitCodes.usage;
  }
  if ('print' in options) {
    process.stdout.write(`${options.print}\n`);
    return exitCodes.ok;
  }
  return runSuite(options);
}

async function runSuite(options: Options): Promise<number> {
  const stateDir = mkdtempSync(join(tmpdir(), 'touchstone-faults-'));
  // PostgreSQL runs under an account of its own where the suite is run by root.
  chmodSync(stateDir, 0o711);
  const progress = terminalProgress();
  progress.note(`seed ${options.seed}, state in ${stateDir}`);
  try {
    const report = await new Suite(options, stateDir, progress).run();
    process.stdout.write(
      options.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${printReport(report)}\n`,
    );
    if (report.holds && !options.keep) rmSync(stateDir, { recursive: true, force: true });
    else progress.note(`Logs and data are in ${stateDir}.`);
    return report.holds ? exitCodes.ok : exitCodes.broken;
  } catch (error) {
    process.stderr.write(
      `faults: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.stderr.write(`faults: logs and data are in ${stateDir}.\n`);
    return exitCodes.failed;
  }
}

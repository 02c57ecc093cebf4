import type { Command } from 'commander';
import { finish, json, positiveInteger, stateDirectory } from '../command-options.js';

/** Seconds that are waited for a job when nothing else is said; a payment is good for less. */
const WAIT_DEFAULT_SECONDS = 300;

/** The commands around requests that are answered later. */
export function addJobCommands(program: Command): void {
  const jobs = program
    .command('jobs')
    .description('look at the jobs of infer --async, cancel one, wait for its answer')
    .enablePositionalOptions();
  addShow(jobs);
  addCancel(jobs);
  addWait(jobs);
}

function addShow(jobs: Command): void {
  jobs
    .command('show <id>')
    .description('show how a job stands')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Exit codes: 0 shown, whatever became of it; 2 no id; 4 no such job; 5 no stack runs.

Example:
  $ touchstone jobs show 019ad0c4-7a1e-7cc1-9a55-1d2f3a4b5c6d`,
    )
    .action((id, options) => finish(import('./jobs.js').then((m) => m.showJobCommand(id, options))));
}

function addCancel(jobs: Command): void {
  jobs
    .command('cancel <id>')
    .description('cancel a job that was not begun; nothing is charged')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Exit codes: 0 it is cancelled, also when it was before; 2 no id; 4 no such job, or it was begun; 5 no stack runs.

Example:
  $ touchstone jobs cancel 019ad0c4-7a1e-7cc1-9a55-1d2f3a4b5c6d`,
    )
    .action((id, options) => finish(import('./jobs.js').then((m) => m.cancelJobCommand(id, options))));
}

function addWait(jobs: Command): void {
  jobs
    .command('wait <id>')
    .description('wait until a job ended and print its answer as infer does')
    .option('--timeout <s>', 'seconds to wait', positiveInteger, WAIT_DEFAULT_SECONDS)
    .option('--evidence <file>', 'then wait for the evidence bundle and write it there')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Exit codes: 0 answered; 1 it failed or was cancelled; 2 no id; 3 not ended in time, or no evidence yet; 4 no such job; 5 no stack runs.

Example:
  $ touchstone jobs wait 019ad0c4-7a1e-7cc1-9a55-1d2f3a4b5c6d --evidence evidence.json`,
    )
    .action((id, options) => finish(import('./jobs.js').then((m) => m.waitForJobCommand(id, options))));
}

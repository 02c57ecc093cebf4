import { AppError } from '@touchstone/contracts';
import { Command, CommanderError } from 'commander';
import { finish, json, positiveInteger, stateDirectory } from './command-options.js';
import { addModelCommands } from './commands/ask.js';
import { addPayCommands } from './commands/pay-commands.js';
import { addBatchCommands } from './commands/batches.js';
import { addEvidenceCommands } from './commands/evidence.js';
import { addJobCommands } from './commands/job-commands.js';
import { addMarketCommands } from './commands/market.js';
import { addNodeCommands } from './commands/nodes.js';
import { addOperatorCommands } from './commands/operate.js';
import { addSetUpCommands } from './commands/zk-set-up.js';
import { addZkCommands } from './commands/zk.js';
import { CommandError, exitCodes, type ExitCode } from './exit-codes.js';
import { printable } from './terminal/printable.js';

/**
 * Runs the command line. Every command imports its own code when it is called, so that `verify` starts without
 * the parts that run a stack.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const program = buildProgram();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CommandError) {
    say(error.message);
    return error.exitCode;
  }
  if (error instanceof AppError) {
    say(error.message);
    return exitCodes.configuration;
  }
  const refusal = systemRefusal(error);
  say(refusal ?? (error instanceof Error ? (error.stack ?? error.message) : String(error)));
  return exitCodes.io;
}

/** Messages carry what services, files and libraries said; none of it may steer the terminal. */
function say(message: string): void {
  process.stderr.write(`touchstone: ${printable(message)}\n`);
}

/** What the operating system refused (a file, a connection), in its words; only a mistake of ours needs a stack trace. */
function systemRefusal(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('syscall' in error) return error.message;
  const cause = systemRefusal(error.cause);
  return cause === undefined ? undefined : `${error.message}: ${cause}`;
}

function buildProgram(): Command {
  const program = new Command('touchstone')
    .description('Evidence for AI answers that anyone can verify offline, years later.')
    .version('0.1.0')
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError('(run with --help for examples)')
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone demo                                     everything once, from payment to offline verification
  $ touchstone up                                       the whole stack on this machine
  $ touchstone verify evidence.json --trust trust.json  offline, needs no service

Exit codes: 0 enough, 1 invalid or too low a label, 2 usage, 3 pending, 4 I/O, 5 configuration`,
    );
  addEvidenceCommands(program);
  addBatchCommands(program);
  addStackCommands(program);
  addMarketCommands(addModelCommands(program));
  addJobCommands(program);
  addPayCommands(program);
  addNodeCommands(program);
  addOperatorCommands(program);
  addSetUpCommands(addZkCommands(program));
  return program;
}

function addStackCommands(program: Command): void {
  program
    .command('demo')
    .description('pay for inferences, anchor them, stop everything and verify offline')
    .option('--count <n>', 'held-out digits to classify', positiveInteger, 24)
    .option('--zk', 'also prove in zero knowledge that the model gave one of the answers', false)
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ npm run demo')
    .action((options) => finish(import('./demo/demo.js').then((m) => m.demoCommand(options))));
  program
    .command('up')
    .description('start the whole stack on this machine and stay until Ctrl-C')
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone up')
    .action((options) => finish(import('./commands/stack.js').then((m) => m.upCommand(options))));
  program
    .command('down')
    .description('stop the running stack')
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone down')
    .action((options) => finish(import('./commands/stack.js').then((m) => m.downCommand(options))));
  program
    .command('reset')
    .description('delete the data of the stopped stack')
    .option('--yes', 'do not ask', false)
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone reset --yes')
    .action((options) => finish(import('./commands/stack.js').then((m) => m.resetCommand(options))));
  program
    .command('doctor')
    .description('check what this machine has and what is missing')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone doctor')
    .action((options) => finish(import('./commands/stack.js').then((m) => m.doctorCommand(options))));
}

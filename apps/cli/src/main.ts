import { AppError } from '@touchstone/contracts';
import { Command, CommanderError, Option } from 'commander';
import { finish, json, positiveInteger, stateDirectory } from './command-options.js';
import { addModelCommands } from './commands/ask.js';
import { addOperatorCommands } from './commands/operate.js';
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
  addStackCommands(program);
  addModelCommands(program);
  addOperatorCommands(program);
  return program;
}

function addEvidenceCommands(program: Command): void {
  program
    .command('verify <bundle>')
    .description('verify an evidence bundle offline')
    .option('--trust <file>', 'what you believe: keys, logs, chains; without it nothing is proven')
    .addOption(
      new Option('--require <label>', 'lowest label that is enough')
        .choices(['L0', 'L1', 'L2'])
        .default('L1'),
    )
    .option('--allow-test', 'let L2-test (an anchor on a test network) count as L2', false)
    .option('--strict', 'refuse evidence that holds a false part, though nothing rests on it', false)
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone verify evidence.json --trust trust.json
  $ touchstone verify evidence.json --trust trust.json --require L2 --allow-test --json
  $ curl -s localhost:8084/v1/evidence/<id> | touchstone verify - --trust trust.json`,
    )
    .action((path, options) =>
      finish(import('./commands/verify.js').then((m) => m.verifyCommand(path, options))),
    );
  program
    .command('inspect <bundle>')
    .description('show what a bundle says, without judging it; or write a page about it')
    .option(
      '--html <file>',
      'write one page that draws the proof and lists every step; - for standard output',
    )
    .option('--trust <file>', 'with --html: what you believe, as for verify')
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone inspect evidence.json
  $ touchstone inspect evidence.json --trust trust.json --html evidence.html`,
    )
    .action((path, options) =>
      finish(import('./commands/inspect.js').then((m) => m.inspectCommand(path, options))),
    );
  const trust = program.command('trust').description('work with trust files');
  trust
    .command('export')
    .description('write the trust file of the running stack, as its operator states it')
    .option('--out <file>', 'where to write; - for standard output', '-')
    .option('--independent <network...>', 'sources of time that you hold for independent of the signer', [])
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone trust export --out trust.json')
    .action((options) =>
      finish(import('./commands/trust-export.js').then((m) => m.trustExportCommand(options))),
    );
}

function addStackCommands(program: Command): void {
  program
    .command('demo')
    .description('pay for inferences, anchor them, stop everything and verify offline')
    .option('--count <n>', 'held-out digits to classify', positiveInteger, 24)
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

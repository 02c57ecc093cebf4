import type { PapVerb } from '@touchstone/prover-adapter';
import { Command, CommanderError, Option } from 'commander';
import { exitCodes, ProverError } from './domain/prover-error.js';
import { TimeBudget } from './domain/time-budget.js';
import { installNative } from './adapters/native/install-native.js';
import { nativeRoot } from './adapters/native/native-prover.js';
import { createProver } from './prover.js';
import { PROGRAM_NAME, PROGRAM_VERSION } from './transport/pap-program.js';

const SET_UP_MINUTES = 60;
/** A day; the largest circuits need hours. */
export const SET_UP_MINUTES_MAX = 1_440;
const BEACON_ITERATIONS_LOG2 = 10;

const verbs: Readonly<Record<PapVerb, string>> = {
  describe: 'says which proof systems there are',
  compile: 'compiles a model and names the program',
  prove: 'runs a model and proves the run',
  verify: 'judges a proof from the statement alone',
  'set-up-start': 'makes the first key of a circuit',
  'set-up-accept': 'judges the key that a party sent',
  'set-up-finish': 'closes a set-up with its beacon',
};

/** Runs the command line; its result is the exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  try {
    await buildProgram(abort.signal).parseAsync([...argv]);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function buildProgram(signal: AbortSignal): Command {
  const program = new Command(PROGRAM_NAME)
    .description('Proves integer models with Groth16; a program of the Prover Adapter Protocol 1.')
    .version(PROGRAM_VERSION)
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 bad request, 3 unsupported model, 4 resource limit, 5 internal',
    );
  for (const verb of Object.keys(verbs) as PapVerb[])
    program
      .command(`${verb} <request> <reply>`)
      .description(verbs[verb])
      .action(async (request: string, reply: string) => {
        process.exitCode = await createProver(process.env).pap.run(verb, { request, reply }, signal);
      });
  addPowersCommands(program, signal);
  addSetUpCommands(program, signal);
  program
    .command('install-native')
    .description('builds the native prover with cargo; without it snarkjs proves')
    .action(async () => {
      const root = nativeRoot(process.env);
      if (root === undefined) throw new ProverError('request-invalid', 'Set HOME or XDG_DATA_HOME.');
      await installNative({ root }, signal);
    });
  return program;
}

function addPowersCommands(program: Command, signal: AbortSignal): void {
  const powers = program.command('powers').description('powers of tau, phase 1 of a set-up');
  powers
    .command('make <log2>')
    .description('makes powers for up to 2^log2 constraints, for development')
    .addOption(minutes())
    .action((log2: string, options: Minutes) =>
      say(setUp().makePowers(Number(log2), budget(options, signal))),
    );
  powers
    .command('import <file>')
    .description('keeps a file of the public ceremony when its hash is the published one')
    .action((file: string) => say(setUp().importPowers(file)));
}

function addSetUpCommands(program: Command, signal: AbortSignal): void {
  const commands = program.command('set-up').description('keys for one circuit, phase 2 of a set-up');
  const withCircuit = (name: string, description: string): Command =>
    commands
      .command(name)
      .description(description)
      .requiredOption('--model <file>', 'ONNX file')
      .option('--options <file>', 'what it is compiled by besides')
      .requiredOption('--powers <file>', 'powers of tau, prepared for phase 2')
      .addOption(minutes());
  withCircuit('start', 'writes the first key')
    .requiredOption('--to <file>', 'where')
    .action((options) => say(setUp().start(options, budget(options, signal))));
  commands
    .command('contribute')
    .description("one party's part; needs the newest key alone")
    .requiredOption('--from <file>', 'newest key')
    .requiredOption('--to <file>', 'where the next one is written')
    .requiredOption('--name <name>', 'who contributes; it is published')
    .addOption(minutes())
    .action((options) => say(setUp().contribute(options, budget(options, signal))));
  withCircuit('accept', 'judges the key that a party sent')
    .requiredOption('--before <file>', 'key that the party was given')
    .requiredOption('--key <file>', 'key that it sent')
    .action((options) => say(setUp().accept(options, budget(options, signal))));
  withCircuit('finish', 'writes keys and transcript')
    .requiredOption('--from <file>', 'newest key')
    .requiredOption('--out <folder>', 'where')
    .option('--beacon <hex>', 'public number that nobody could choose')
    .option('--iterations <log2>', 'how often it is hashed, as a logarithm', Number, BEACON_ITERATIONS_LOG2)
    .option('--beacon-source <words>', 'where the number comes from')
    .action((options) => say(setUp().finish(options, budget(options, signal))));
  commands
    .command('solidity')
    .description('writes the verifier of a key for EVM chains')
    .requiredOption('--key <file>', 'proving key')
    .requiredOption('--to <file>', 'where')
    .addOption(minutes())
    .action((options) => say(setUp().exportSolidity(options, budget(options, signal))));
  withCircuit('verify', 'judges a finished set-up from its files alone')
    .requiredOption('--folder <folder>', 'where they are')
    .action((options) => say(setUp().verify(options, budget(options, signal))));
}

interface Minutes {
  readonly minutes: number;
}

const setUp = () => createProver(process.env).setUp;

const minutes = (): Option =>
  new Option('--minutes <n>', 'how long it may take').default(SET_UP_MINUTES).argParser(Number);

function budget({ minutes: given }: Minutes, signal: AbortSignal): TimeBudget {
  if (!(given > 0 && given <= SET_UP_MINUTES_MAX))
    throw new ProverError(
      'request-invalid',
      `--minutes: expected more than 0, at most ${SET_UP_MINUTES_MAX}`,
    );
  return new TimeBudget(given * 60_000, signal);
}

async function say(words: Promise<string>): Promise<void> {
  process.stdout.write(`${await words}\n`);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badRequest;
  const message = error instanceof ProverError ? `${error.code}: ${error.message}` : String(error);
  process.stderr.write(`${PROGRAM_NAME}: ${message}\n`);
  return error instanceof ProverError ? error.exitCode : exitCodes.internal;
}

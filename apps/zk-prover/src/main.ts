import type { PapVerb } from '@touchstone/prover-adapter';
import { Command, CommanderError } from 'commander';
import { exitCodes, ProverError } from './domain/prover-error.js';
import { createProver } from './prover.js';
import { PROGRAM_NAME, PROGRAM_VERSION } from './transport/pap-program.js';

const verbs: Readonly<Record<PapVerb, string>> = {
  describe: 'says which proof systems there are',
  compile: 'compiles a model and names the program',
  prove: 'runs a model and proves the run',
  verify: 'judges a proof from the statement alone',
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
  return program;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badRequest;
  const message = error instanceof ProverError ? `${error.code}: ${error.message}` : String(error);
  process.stderr.write(`${PROGRAM_NAME}: ${message}\n`);
  return error instanceof ProverError ? error.exitCode : exitCodes.internal;
}

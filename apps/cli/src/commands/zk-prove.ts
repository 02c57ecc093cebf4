import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { bundleText, EVIDENCE_BYTES_MAX } from '@touchstone/evidence';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { requireBundle } from '../read-bundle.js';
import { readInput, requireOtherFile } from '../terminal/files.js';
import { printableLine } from '../terminal/printable.js';
import { requireNoProblem } from '../terminal/problem.js';
import { builtInProver } from '../zk/built-in-prover.js';
import { requireCircuitOf, requireDisclosed, requireModelFile } from '../zk/provable-output.js';
import { proveBundle } from '../zk/prove-bundle.js';
import { readCircuit } from '../zk/read-circuit.js';

/** Most bytes of a model file. */
const MODEL_BYTES_MAX = 268_435_456;
const SECOND_MS = 1_000;

export interface ZkProveOptions {
  readonly model: string;
  readonly circuit: string;
  readonly key: string;
  readonly out: string;
  readonly timeout: number;
  readonly json: boolean;
}

/** `touchstone zk prove`: proves an output of the past and writes its evidence with the proof. */
export async function zkProveCommand(path: string, options: ZkProveOptions): Promise<ExitCode> {
  const text = await readInput(path, EVIDENCE_BYTES_MAX);
  requireNoProblem(text, path);
  const bundle = requireDisclosed(requireBundle(text));
  const circuit = await readCircuit(options.circuit);
  requireCircuitOf(bundle, circuit.descriptor);
  requireModelFile(bundle, options.model, await readInput(options.model, MODEL_BYTES_MAX));
  if (options.out !== '-')
    await requireOtherFile(options.out, path, options.model, options.circuit, options.key);
  const files = { model: resolve(options.model), provingKey: resolve(options.key), circuit };
  if (process.stderr.isTTY)
    process.stderr.write(
      `Proving ${circuit.descriptor.constraints} constraints, for at most ${options.timeout} s …\n`,
    );
  const program = builtInProver(options.timeout * SECOND_MS);
  const proven = await proveBundle(bundle, files, program, untilInterrupted());
  const evidence = `${bundleText(proven.bundle)}\n`;
  if (options.out === '-') process.stdout.write(evidence);
  else await writeFile(options.out, evidence);
  const { vkDigest, prover, fellBack, milliseconds } = proven;
  const { setup } = circuit;
  const fell = fellBack === undefined ? '' : ` (${fellBack})`;
  if (options.json && options.out !== '-')
    process.stdout.write(
      `${JSON.stringify({ file: options.out, vkDigest, setup, prover, fellBack, milliseconds }, null, 2)}\n`,
    );
  else
    process.stderr.write(
      printableLine(
        `Proved in ${milliseconds} ms by ${prover}${fell}; circuit ${vkDigest}, set-up ${setup}.`,
      ) + '\n',
    );
  return exitCodes.ok;
}

/** A signal that Ctrl-C gives: the prover is in a process group of its own, which the terminal does not reach. */
function untilInterrupted(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  return abort.signal;
}

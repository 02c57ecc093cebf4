import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CircuitDeviation } from '@touchstone/contracts/circuit';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { readInput, requireOtherFile } from '../terminal/files.js';
import { Progress } from '../terminal/progress.js';
import { printableLine } from '../terminal/printable.js';
import { deviationOf } from '../zk/deviation.js';
import { readSamples } from '../zk/deviation-samples.js';
import { readCircuit } from '../zk/read-circuit.js';

/** Most bytes of a model file. */
const MODEL_BYTES_MAX = 268_435_456;

export interface ZkDeviationOptions {
  readonly model: string;
  readonly circuit: string;
  readonly samples: string;
  readonly tolerance: string;
  readonly out?: string;
  readonly json: boolean;
}

/** `touchstone zk deviation`: how far a model in whole numbers is from the floats of its file. */
export async function zkDeviationCommand(options: ZkDeviationOptions): Promise<ExitCode> {
  const tolerance = Number(options.tolerance);
  if (!(tolerance >= 0)) throw new CommandError(exitCodes.usage, '--tolerance: expected a number from 0 on.');
  const circuit = await readCircuit(options.circuit);
  const file = await readInput(options.model, MODEL_BYTES_MAX);
  const samples = await readSamples(options.samples, circuit.descriptor.inputs);
  if (options.out !== undefined)
    await requireOtherFile(options.out, options.model, options.circuit, options.samples);
  const progress = new Progress('Comparing', samples.samples.length, process.stderr, 'samples');
  const report = await deviationOf(
    { path: resolve(options.model), file, circuit },
    samples,
    tolerance,
    (done) => progress.update(done, done),
  );
  progress.end();
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (options.out !== undefined) await writeFile(options.out, text);
  process.stdout.write(options.json ? text : `${linesOf(report).map(printableLine).join('\n')}\n`);
  return exitCodes.ok;
}

const PERCENT = 100;
const percent = (share: number): string => `${(share * PERCENT).toFixed(2)} %`;

function linesOf({ samples, agreement, accuracy, outputs, runtime }: CircuitDeviation): string[] {
  return [
    `Agrees with the floats on ${percent(agreement)} of ${samples.count} samples (${runtime.name} on ${runtime.processor}).`,
    ...(accuracy === undefined
      ? []
      : [`Right on ${percent(accuracy.integer)} of them; the floats on ${percent(accuracy.float)}.`]),
    ...outputs.map(
      ({ name, largestDifference, agreement: share }) =>
        `  ${name}: largest difference ${largestDifference}, agrees on ${percent(share)}`,
    ),
  ];
}

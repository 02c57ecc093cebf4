import { join, resolve } from 'node:path';
import { examinationSample, examine } from '@touchstone/prover-adapter';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { checkout } from '../stack/run-stack.js';
import { printableLine } from '../terminal/printable.js';
import { builtInProver } from '../zk/built-in-prover.js';

const SECOND_MS = 1_000;

export interface ZkConformanceOptions {
  readonly program?: string;
  readonly timeout: number;
  readonly json: boolean;
}

/** `touchstone zk conformance`: examines a program of the Prover Adapter Protocol as a gateway does before it trusts it. */
export async function zkConformanceCommand(options: ZkConformanceOptions): Promise<ExitCode> {
  const builtIn = builtInProver(options.timeout * SECOND_MS);
  const program =
    options.program === undefined
      ? builtIn
      : { ...builtIn, name: options.program, command: resolve(options.program), args: [] };
  const sample = await examinationSample(join(checkout, 'libs', 'prover-adapter', 'sample'));
  const results = await examine(program, sample);
  const isPassed = results.every(({ passed }) => passed);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ program: program.name, passed: isPassed, results }, null, 2)}\n`,
    );
  else
    for (const { name, passed, detail } of results)
      process.stdout.write(
        `${passed ? 'ok  ' : 'FAIL'}  ${name}${passed ? '' : printableLine(`: ${detail}`)}\n`,
      );
  return isPassed ? exitCodes.ok : exitCodes.invalid;
}

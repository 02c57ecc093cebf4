import { elementsOf, RANGES } from '@touchstone/integer-model';
import type { CompiledProgram } from './compile-program.js';
import { ProverError } from './prover-error.js';

const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const;

/**
 * Refuses inputs that are not of the model's shapes and datatypes. The circuit does not constrain that: who verifies reads the public
 * numbers as these datatypes, so the statement with 256 for a byte is none.
 *
 * @throws ProverError `inputs-invalid`
 */
export function requireInputs(
  { circuit: { model } }: CompiledProgram,
  inputs: readonly (readonly number[])[],
): void {
  requireTensors(
    'input',
    model.inputs.map((one) => ({ ...one, range: RANGES[one.datatype] })),
    inputs,
  );
}

/** Refuses outputs that are not of the model's shapes. @throws ProverError `inputs-invalid` */
export function requireOutputs(
  { circuit: { model } }: CompiledProgram,
  outputs: readonly (readonly number[])[],
): void {
  requireTensors(
    'output',
    model.outputs.map((one) => ({ ...one, range: INT32 })),
    outputs,
  );
}

/** @throws ProverError `key-of-another-circuit` */
export function requireKeyOf(program: CompiledProgram, signalsOfKey: number): void {
  const { publicCount } = program.circuit.system;
  if (signalsOfKey !== publicCount)
    throw new ProverError(
      'key-of-another-circuit',
      `The key has ${signalsOfKey} public signals, the circuit ${publicCount}.`,
    );
}

interface Expected {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly range: readonly [number, number];
}

function requireTensors(
  what: string,
  expected: readonly Expected[],
  given: readonly (readonly number[])[],
): void {
  if (given.length !== expected.length)
    throw invalid(`The model has ${expected.length} ${what}s, not ${given.length}.`);
  expected.forEach(({ name, shape, datatype, range: [least, most] }, index) => {
    const values = given[index] as readonly number[];
    const count = elementsOf(shape);
    if (values.length !== count)
      throw invalid(`The ${what} ${name} has ${count} elements, not ${values.length}.`);
    const wrong = values.find((value) => !Number.isInteger(value) || value < least || value > most);
    if (wrong !== undefined)
      throw invalid(`The ${what} ${name} has ${wrong}, which is no ${datatype} (${least} to ${most}).`);
  });
}

const invalid = (message: string): ProverError => new ProverError('inputs-invalid', message);

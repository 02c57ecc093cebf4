import { compileIntegerModel, RANGES } from '@touchstone/integer-model';
import { readFileSync } from 'node:fs';
import { integerCircuit, type IntegerCircuit } from '../src/integer-circuit.js';

interface HeldOut {
  readonly input: string;
  readonly rows: readonly { readonly label: number; readonly values: readonly number[] }[];
}

interface Manifest {
  readonly inputs: readonly { readonly name: string; readonly minimum?: number; readonly maximum?: number }[];
}

/** The samples whose inference can be proved. */
export const PROVABLE = ['digits', 'digits-conv', 'breast-cancer', 'token-risk', 'fraud'] as const;

const read = (id: string, file: string): Buffer =>
  readFileSync(new URL(`../../../models/${id}/${file}`, import.meta.url));
const json = <T>(id: string, file: string): T => JSON.parse(read(id, file).toString('utf8')) as T;

/** The held-out rows of a sample. */
export const heldOut = (id: string): HeldOut['rows'] => json<HeldOut>(id, 'held-out.json').rows;

/** The circuit of a sample, its scales chosen by its first held-out rows. */
export function sampleCircuit(id: string): IntegerCircuit {
  const { input, rows } = json<HeldOut>(id, 'held-out.json');
  const { inputs } = json<Manifest>(id, 'model.json');
  const ranges = new Map(inputs.map(({ name, ...range }) => [name, range]));
  const samples = rows.map(({ values }) => new Map([[input, values]]));
  return integerCircuit(compileIntegerModel(read(id, 'model.onnx'), { ranges, samples }));
}

/** Inputs of a circuit over the whole ranges of their datatypes, the same ones for the same seed. */
export function* randomInputs({ model }: IntegerCircuit, count: number, seed = 1): Generator<number[][]> {
  let state = seed;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647);
  for (let made = 0; made < count; made += 1)
    yield model.inputs.map(({ shape, datatype }) => {
      const [least, most] = RANGES[datatype];
      const size = shape.reduce((all, one) => all * one, 1);
      return Array.from({ length: size }, () => least + (next() % (most - least + 1)));
    });
}

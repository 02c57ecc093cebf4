import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import type { IntegerModel, IntegerRows } from './model/integer-model.js';
import { outputValues, quantise } from './model/quantise.js';
import { runIntegerModel } from './model/run.js';

type Rows = readonly {
  readonly bias: number;
  readonly terms: readonly (readonly [wire: number, weight: number])[];
}[];
type WithRows<One> = Omit<One, 'rows'> & { readonly rows: Rows };

/** A model as the vectors write it, with what it makes of inputs. */
interface Vector {
  readonly model: Pick<IntegerModel, 'inputs' | 'post'> & {
    readonly layers: readonly WithRows<IntegerModel['layers'][number]>[];
    readonly outputs: readonly WithRows<IntegerModel['outputs'][number]>[];
  };
  readonly runs: readonly {
    readonly floats?: readonly number[][];
    readonly integers: readonly number[][];
    readonly wires: readonly number[];
    readonly outputs: readonly number[][];
    readonly values: readonly number[][];
  }[];
}

const folder = new URL('../vectors/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

const rowsOf = (rows: Rows): IntegerRows => ({
  offsets: Uint32Array.of(
    0,
    ...rows.map((_, at) => rows.slice(0, at + 1).reduce((all, { terms }) => all + terms.length, 0)),
  ),
  wires: Uint32Array.from(rows.flatMap(({ terms }) => terms.map(([wire]) => wire))),
  weights: Int32Array.from(rows.flatMap(({ terms }) => terms.map(([, weight]) => weight))),
  biases: Int32Array.from(rows, ({ bias }) => bias),
});

const modelOf = ({ layers, outputs, ...rest }: Vector['model']): IntegerModel => ({
  ...rest,
  layers: layers.map((layer) => ({ ...layer, rows: rowsOf(layer.rows) })),
  outputs: outputs.map((output) => ({ ...output, rows: rowsOf(output.rows) })),
});

it('there are vectors', () => {
  expect(names.sort()).toEqual([
    'leak.json',
    'network.json',
    'quantise.json',
    'saturation.json',
    'ties.json',
  ]);
});

describe.each(names)('%s', (name) => {
  const { model: written, runs } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Vector;
  const model = modelOf(written);

  it.each(runs)('$integers', ({ floats, integers, wires, outputs, values }) => {
    if (floats)
      expect(model.inputs.map((input, at) => [...quantise(input, floats[at] ?? [])])).toEqual(integers);
    const run = runIntegerModel(model, integers);
    expect([...run.wires]).toEqual(wires);
    expect(run.outputs.map((numbers) => [...numbers])).toEqual(outputs);
    expect(model.outputs.map((output, at) => [...outputValues(output, run.outputs[at] ?? [])])).toEqual(
      values,
    );
  });
});

import type { IntegerModel, IntegerRows, Requantisation } from '@touchstone/integer-model';
import fc from 'fast-check';

const BOUNDS = [
  [0, 255],
  [-128, 127],
  [0, 7],
  [0, 5],
  [-3, 4],
  [1, 6],
  [-5, -2],
  [-4, 4],
  [2, 2],
] as const;

const requantisation: fc.Arbitrary<Requantisation> = fc
  .record({
    shift: fc.nat(5),
    bounds: fc.constantFrom(...BOUNDS),
    leak: fc.option(
      fc.nat(4).chain((shift) => fc.record({ shift: fc.constant(shift), factor: fc.nat(2 ** shift) })),
      { nil: undefined },
    ),
  })
  .map(({ shift, bounds: [lower, upper], leak }) => ({ shift, lower, upper, ...(leak && { leak }) }));

/** Rows over `wires` wires. Small weights and biases make ties and bounds often met. */
function rowsOver(wires: number, rowsMax: number): fc.Arbitrary<IntegerRows> {
  const weight = fc.integer({ min: -6, max: 6 }).filter((value) => value !== 0);
  const row = fc.record({
    bias: fc.integer({ min: -600, max: 600 }),
    terms: fc.uniqueArray(fc.tuple(fc.nat(wires - 1), weight), { maxLength: 3, selector: ([wire]) => wire }),
  });
  return fc.array(row, { minLength: 1, maxLength: rowsMax }).map((rows) => {
    const terms = rows.flatMap((one) => one.terms);
    const ends = rows.map((_, at) => rows.slice(0, at + 1).reduce((all, one) => all + one.terms.length, 0));
    return {
      offsets: Uint32Array.of(0, ...ends),
      wires: Uint32Array.from(terms, ([wire]) => wire),
      weights: Int32Array.from(terms, ([, factor]) => factor),
      biases: Int32Array.from(rows, ({ bias }) => bias),
    };
  });
}

const input = fc
  .record({
    datatype: fc.constantFrom('UINT8', 'INT8'),
    zeroPoint: fc.constantFrom(0, 3, 128),
    size: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ datatype, zeroPoint, size }) => ({
    ...{ name: 'x', shape: [1, size], datatype: datatype as 'UINT8' | 'INT8', scaleLog2: [0] },
    zeroPoint: datatype === 'INT8' ? Math.min(zeroPoint, 127) : zeroPoint,
  }));

/** Models of one or two inputs, up to two layers and one or two outputs. */
export const integerModels: fc.Arbitrary<IntegerModel> = fc
  .array(input, { minLength: 1, maxLength: 2 })
  .chain((inputs) => {
    const first = inputs.reduce((all, { shape }) => all + (shape[1] as number), 0);
    return rowsOver(first, 3).chain((one) => {
      const second = first + one.biases.length;
      return rowsOver(second, 2).chain((two) =>
        fc.record({
          inputs: fc.constant(inputs),
          how: fc.tuple(requantisation, requantisation),
          rows: fc.constant([one, two] as const),
          output: rowsOver(second + two.biases.length, 3),
        }),
      );
    });
  })
  .map(({ inputs, how, rows, output }) => ({
    inputs,
    layers: rows.map((layer, at) => ({
      name: `layer ${at}`,
      rows: layer,
      scaleLog2: 0,
      requantise: how[at] as Requantisation,
    })),
    outputs: [
      { name: 'y', shape: [1, output.biases.length], datatype: 'INT32' as const, scaleLog2: 0, rows: output },
    ],
    post: [],
  }));

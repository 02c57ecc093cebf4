import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RANGES, type IntegerInput, type IntegerModel, type Requantisation } from './integer-model.js';
import { intervalsOf } from './intervals.js';
import { dequantise, outputValues, quantise, scaleOf } from './quantise.js';
import { clamp, roundHalfEven } from './rounding.js';
import { requantised, runIntegerModel, wireCount } from './run.js';

const rows = (...of: readonly { bias: number; terms: readonly (readonly [number, number])[] }[]) => ({
  offsets: Uint32Array.of(
    0,
    ...of.map((_, at) => of.slice(0, at + 1).reduce((all, { terms }) => all + terms.length, 0)),
  ),
  wires: Uint32Array.from(of.flatMap(({ terms }) => terms.map(([wire]) => wire))),
  weights: Int32Array.from(of.flatMap(({ terms }) => terms.map(([, weight]) => weight))),
  biases: Int32Array.from(of, ({ bias }) => bias),
});

const model: IntegerModel = {
  inputs: [
    { name: 'a', shape: [2], datatype: 'UINT8', scaleLog2: [0], zeroPoint: 3 },
    { name: 'b', shape: [1], datatype: 'INT8', scaleLog2: [0], zeroPoint: 0 },
  ],
  layers: [
    {
      name: 'hidden',
      rows: rows(
        {
          bias: 1,
          terms: [
            [0, 2],
            [2, -1],
          ],
        },
        { bias: -8, terms: [[1, 1]] },
      ),
      requantise: { shift: 1, lower: 0, upper: 7 },
    },
  ],
  outputs: [
    {
      name: 'y',
      shape: [1],
      datatype: 'INT32',
      scaleLog2: -1,
      rows: rows({
        bias: 5,
        terms: [
          [3, -3],
          [4, 2],
          [0, 1],
        ],
      }),
    },
    { name: 'z', shape: [1], datatype: 'INT32', scaleLog2: 0, rows: rows({ bias: -1, terms: [] }) },
  ],
  post: [],
};

describe('runIntegerModel', () => {
  it('computes every wire and output exactly', () => {
    const { wires, outputs } = runIntegerModel(model, [[5, 20], [-2]]);
    // 2·2 + 2 + 1 = 7 → 3.5 → 4; 17 − 8 = 9 → 4.5 → 4.
    expect([...wires]).toEqual([2, 17, -2, 4, 4]);
    expect(outputs).toEqual([Int32Array.of(5 - 12 + 8 + 2), Int32Array.of(-1)]);
    expect(wireCount(model)).toBe(5);
  });

  it.each<[string, number[][]]>([
    ['an input too few', [[5, 20]]],
    ['an element too few', [[5], [1]]],
    [
      'an element too many',
      [
        [5, 20],
        [1, 1],
      ],
    ],
    ['an element above its datatype', [[5, 256], [1]]],
    ['an element below its datatype', [[5, 20], [-129]]],
    ['a fraction', [[5, 0.5], [1]]],
    ['no number', [[5, NaN], [1]]],
  ])('refuses %s', (_name, inputs) => {
    expect(() => runIntegerModel(model, inputs)).toThrow(RangeError);
  });
});

describe('intervalsOf', () => {
  it('gives bounds that the ends of the ranges reach', () => {
    const { wires, layers, outputs } = intervalsOf(model);
    expect([...wires.lowest]).toEqual([-3, -3, -128, 0, 0]);
    expect([...wires.highest]).toEqual([252, 252, 127, 7, 7]);
    expect(layers.map(({ lowest, highest }) => [[...lowest], [...highest]])).toEqual([
      [
        [-132, -11],
        [633, 244],
      ],
    ]);
    expect(outputs.map(({ lowest, highest }) => [lowest[0], highest[0]])).toEqual([
      [5 - 21 - 3, 5 + 14 + 252],
      [-1, -1],
    ]);
  });

  it('holds every run', () => {
    const { wires } = intervalsOf(model);
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), fc.integer({ min: -128, max: 127 }), (a, b, c) => {
        const run = runIntegerModel(model, [[a, b], [c]]);
        run.wires.forEach((value, at) => {
          expect(value).toBeGreaterThanOrEqual(wires.lowest[at] as number);
          expect(value).toBeLessThanOrEqual(wires.highest[at] as number);
        });
      }),
    );
  });
});

describe('requantised', () => {
  const leak = (factor: number, shift: number) => ({ leak: { factor, shift } });
  it.each<[number, Requantisation, number]>([
    [1, { shift: 1, lower: -9, upper: 9 }, 0],
    [3, { shift: 1, lower: -9, upper: 9 }, 2],
    [-1, { shift: 1, lower: -9, upper: 9 }, 0],
    [-3, { shift: 1, lower: -9, upper: 9 }, -2],
    [100, { shift: 1, lower: -9, upper: 9 }, 9],
    [-100, { shift: 1, lower: -9, upper: 9 }, -9],
    [-5, { shift: 0, lower: -9, upper: 9, ...leak(1, 1) }, -2],
    [-7, { shift: 0, lower: -9, upper: 9, ...leak(1, 1) }, -4],
    [7, { shift: 0, lower: -9, upper: 9, ...leak(1, 1) }, 7],
    [-5, { shift: 0, lower: -9, upper: 9, ...leak(0, 0) }, 0],
    [5, { shift: 31, lower: -9, upper: 9 }, 0],
  ])('of %d by %j is %d', (sum, how, expected) => {
    expect(requantised(sum, how)).toBe(expected);
  });

  it('never falls where the sum rises', () => {
    const how = fc.record({
      shift: fc.nat(4),
      lower: fc.integer({ min: -20, max: 0 }),
      upper: fc.integer({ min: 1, max: 20 }),
    });
    const leaks = fc.option(fc.record({ factor: fc.nat(8), shift: fc.constant(3) }), { nil: undefined });
    fc.assert(
      fc.property(how, leaks, fc.integer({ min: -200, max: 200 }), (one, leaking, sum) => {
        const all = { ...one, ...(leaking && { leak: leaking }) };
        expect(requantised(sum + 1, all)).toBeGreaterThanOrEqual(requantised(sum, all));
      }),
    );
  });
});

describe('roundHalfEven and clamp', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49, 0],
    [0.51, 1],
    [-0.51, -1],
    [7, 7],
    [2 ** 51 + 0.5, 2 ** 51],
    [Infinity, Infinity],
  ])('roundHalfEven of %d is %d', (value, expected) => {
    expect(roundHalfEven(value) + 0).toBe(expected);
  });

  it('clamp holds a value between both bounds', () => {
    expect([-4, 1, 9].map((value) => clamp(value, -3, 5))).toEqual([-3, 1, 5]);
  });
});

describe('quantise, dequantise and outputValues', () => {
  const input: IntegerInput = {
    name: 'x',
    shape: [3],
    datatype: 'INT8',
    scaleLog2: [-1, 0, 2],
    zeroPoint: 1,
  };

  it('have a scale for each element, or one for all', () => {
    expect([...quantise(input, [3.25, 3.5, 1000])]).toEqual([7, 5, 127]);
    expect([...dequantise(input, [7, 5, 127])]).toEqual([3, 4, 504]);
    expect([...quantise({ ...input, scaleLog2: [-1] }, [3.25, -1000, 0])]).toEqual([7, -128, 1]);
    expect([0, 1, 2].map((at) => scaleOf(input, at))).toEqual([0.5, 1, 4]);
  });

  it.each(['UINT8', 'INT8', 'UINT16'] as const)('hold the range of %s', (datatype) => {
    const [least, most] = RANGES[datatype];
    expect([...quantise({ ...input, datatype, scaleLog2: [0], zeroPoint: 0 }, [-1e9, 1e9])]).toEqual([
      least,
      most,
    ]);
  });

  it('outputs are multiples of their scale', () => {
    expect([...outputValues({ scaleLog2: -2 }, [5, -8])]).toEqual([1.25, -2]);
  });
});

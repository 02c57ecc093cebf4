import { describe, expect, it } from '@jest/globals';
import { onnxAttribute, type OnnxNode } from '@touchstone/testing';
import {
  compiled,
  evaluated,
  refusalOf,
  wholeNumbers,
  type TestGraph,
  type Weights,
} from '../../../test/one-node.js';

const node = (op: string, inputs: readonly string[], ...attributes: Uint8Array[]): OnnxNode => ({
  ...{ name: 'n', op, inputs, outputs: ['y'] },
  attributes,
});
const quarters = (count: number, seed: number) => wholeNumbers(count, seed).map((value) => value / 4);
const refusal = (graph: TestGraph) => refusalOf(() => compiled(graph));

/** rows × inner times inner × columns. */
const product = (a: readonly number[], b: readonly number[], inner: number, columns: number): number[] =>
  Array.from({ length: (a.length / inner) * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return a
      .slice(row * inner, (row + 1) * inner)
      .reduce((sum, value, from) => sum + value * (b[from * columns + column] as number), 0);
  });
const transposed = (values: readonly number[], rows: number, columns: number): number[] =>
  Array.from(
    { length: rows * columns },
    (_, at) => values[(at % rows) * columns + Math.floor(at / rows)] as number,
  );

const x = wholeNumbers(6, 5);
const b = quarters(12, 7);

describe('Gemm', () => {
  const gemm = (...attributes: Uint8Array[]) => node('Gemm', ['x', 'b', 'c'], ...attributes);
  const shape = [2, 3];
  const biases: readonly (readonly [string, Weights, (row: number, column: number) => number])[] = [
    ['one number', [[], [1.5]], () => 1.5],
    ['one for each column', [[4], [1, 2, 3, 4.25]], (_, column) => [1, 2, 3, 4.25][column] as number],
    [
      'one for each row',
      [
        [2, 1],
        [1, 2.5],
      ],
      (row) => [1, 2.5][row] as number,
    ],
    [
      'one for each element',
      [[2, 4], quarters(8, 9)],
      (row, column) => quarters(8, 9)[row * 4 + column] as number,
    ],
  ];

  it.each(biases)('adds a bias of %s', (_name, bias, at) => {
    const model = compiled({ shape, constants: { b: [[3, 4], b], c: bias }, nodes: [gemm()] });
    const expected = product(x, b, 3, 4).map((sum, index) => sum + at(Math.floor(index / 4), index % 4));
    expect(evaluated(model, x)).toEqual(expected);
    expect(model.outputs[0]?.shape).toEqual([2, 4]);
    expect(model.layers).toEqual([]);
  });

  it('takes a bias of one for each row where there are as many columns', () => {
    const constants = {
      b: [[3, 2], b.slice(0, 6)] as const,
      c: [
        [2, 1],
        [1, 2],
      ] as const,
    };
    const expected = product(x, b.slice(0, 6), 3, 2).map((sum, index) => sum + (index < 2 ? 1 : 2));
    expect(evaluated(compiled({ shape, constants, nodes: [gemm()] }), x)).toEqual(expected);
  });

  it('multiplies by alpha, beta and transposed weights', () => {
    const attributes = [
      onnxAttribute('alpha', { float: 0.5 }),
      onnxAttribute('beta', { float: -2 }),
      onnxAttribute('transB', { int: 1 }),
    ];
    const constants = { b: [[4, 3], b] as const, c: [[4], [1, 2, 3, 4]] as const };
    const model = compiled({ shape, constants, nodes: [gemm(...attributes)] });
    const expected = product(x, transposed(b, 4, 3), 3, 4).map(
      (sum, index) => sum / 2 - 2 * ((index % 4) + 1),
    );
    expect(evaluated(model, x)).toEqual(expected);
  });

  it('needs no bias', () => {
    const model = compiled({ shape, constants: { b: [[3, 4], b] }, nodes: [node('Gemm', ['x', 'b'])] });
    expect(evaluated(model, x)).toEqual(product(x, b, 3, 4));
  });

  it.each<[string, Partial<TestGraph>, RegExp]>([
    [
      'transA',
      { nodes: [gemm(onnxAttribute('transA', { int: 1 }))] },
      /Gemm "n" has transA; transpose the weights/,
    ],
    ['another width', { constants: { b: [[4, 3], b], c: [[], [1]] } }, /multiplies \[2,3\] by \[4,3\]/],
    [
      'weights of one axis',
      { constants: { b: [[12], b], c: [[], [1]] } },
      /weights of the shape \[12\], not a matrix/,
    ],
    ['an input of one axis', { shape: [3] }, /multiplies \[3\] by \[3,4\]/],
    [
      'a bias of another width',
      { constants: { b: [[3, 4], b], c: [[3], [1, 2, 3]] } },
      /a bias of the shape \[3\]/,
    ],
    [
      'a bias of three rows',
      {
        constants: {
          b: [[3, 4], b],
          c: [
            [3, 1],
            [1, 2, 3],
          ],
        },
      },
      /shape \[3,1\] for \[2,4\]/,
    ],
    ['a bias of three axes', { constants: { b: [[3, 4], b], c: [[1, 1, 1], [1]] } }, /shape \[1,1,1\]/],
    ['no column', { constants: { b: [[3, 0], []], c: [[], [1]] } }, /makes the empty shape \[2,0\]/],
    [
      'weights that are no constant',
      { nodes: [node('Gemm', ['x', 'x'])] },
      /needs a constant as its input 1/,
    ],
    [
      'weights alone',
      { nodes: [node('Gemm', ['b', 'b'])] },
      /needs what is computed from inputs as its input 0/,
    ],
    ['no weights', { nodes: [node('Gemm', ['x'])] }, /lacks its input 1/],
    ['weights left out', { nodes: [node('Gemm', ['x', ''])] }, /lacks its input 1/],
    [
      'a transB that is no number',
      { nodes: [gemm(onnxAttribute('transB', { float: 1 }))] },
      /transB, which is no whole/,
    ],
    [
      'an alpha that is no float',
      { nodes: [gemm(onnxAttribute('alpha', { int: 1 }))] },
      /alpha, which is no float/,
    ],
    [
      'a weight that is no number',
      {
        constants: {
          b: [
            [3, 4],
            [...b.slice(1), NaN],
          ],
          c: [[], [1]],
        },
      },
      /whole numbers/,
    ],
  ])('refuses %s', (_name, changed, why) => {
    const graph = {
      shape,
      constants: { b: [[3, 4], quarters(12, 7)], c: [[], [1]] } as const,
      nodes: [gemm()],
    };
    expect(refusal({ ...graph, ...changed })).toMatch(why);
  });
});

describe('MatMul', () => {
  const nodes = [node('MatMul', ['x', 'b'])];
  const weights = quarters(12, 7);

  it.each([
    [
      [2, 3],
      [2, 4],
    ],
    [
      [1, 2, 1, 3],
      [1, 2, 1, 4],
    ],
    [[3], [4]],
  ])('multiplies the last axis of %j by a matrix', (shape, expectedShape) => {
    const values = wholeNumbers(
      shape.reduce((all, size) => all * size, 1),
      11,
    );
    const model = compiled({ shape, constants: { b: [[3, 4], weights] }, nodes });
    expect(evaluated(model, values)).toEqual(product(values, weights, 3, 4));
    expect(model.outputs[0]?.shape).toEqual(expectedShape);
  });

  it('refuses another width', () => {
    const graph = { shape: [2, 4], constants: { b: [[3, 4], weights] } as const, nodes };
    expect(refusal(graph)).toMatch(/MatMul "n" multiplies \[2,4\] by \[3,4\]/);
  });
});

describe('BatchNormalization', () => {
  const constants: Record<string, Weights> = {
    scale: [[2], [3, -0.5]],
    bias: [[2], [1, 2]],
    mean: [[2], [10, -4]],
    variance: [[2], [3.75, 0]],
  };
  const inputs = ['x', 'scale', 'bias', 'mean', 'variance'];
  const epsilon = onnxAttribute('epsilon', { float: 0.25 });

  it.each([[[2, 2, 2]], [[4, 2]], [[1, 2, 2, 2]]])('scales the channels of %j', (shape) => {
    const values = wholeNumbers(8, 3);
    const model = compiled({ shape, constants, nodes: [node('BatchNormalization', inputs, epsilon)] });
    const inner = shape.slice(2).reduce((all, size) => all * size, 1);
    const expected = values.map((value, at) =>
      Math.floor(at / inner) % 2 === 0 ? (value - 10) * 1.5 + 1 : (value + 4) * -1 + 2,
    );
    expect(evaluated(model, values)).toEqual(expected);
  });

  it.each<[string, Partial<TestGraph>, RegExp]>([
    [
      'training',
      { nodes: [node('BatchNormalization', inputs, onnxAttribute('training_mode', { int: 1 }))] },
      /training/,
    ],
    ['one axis', { shape: [8] }, /has no channels/],
    ['other channels', { shape: [1, 3] }, /has not 3 constants for its 3 channels/],
    ['a variance below zero', { constants: { ...constants, variance: [[2], [-1, 1]] } }, /in whole numbers/],
  ])('refuses %s', (_name, changed, why) => {
    const graph = { shape: [4, 2], constants, nodes: [node('BatchNormalization', inputs, epsilon)] };
    expect(refusal({ ...graph, ...changed })).toMatch(why);
  });
});

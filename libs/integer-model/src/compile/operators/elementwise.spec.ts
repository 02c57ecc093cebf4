import { describe, expect, it } from '@jest/globals';
import {
  compiled,
  evaluated,
  refusalOf,
  wholeNumbers,
  type TestGraph,
  type Weights,
} from '../../../test/one-node.js';

const node = (op: string, ...inputs: readonly string[]) => ({ name: 'n', op, inputs, outputs: ['y'] });
const refusal = (graph: TestGraph) => refusalOf(() => compiled(graph));
const constant = (shape: readonly number[], ...values: number[]): Readonly<Record<string, Weights>> => ({
  c: [shape, values],
});
const six = wholeNumbers(6, 5);
const [a, b, c, d, e, f] = six as [number, number, number, number, number, number];

describe('Add, Sub, Mul and Div', () => {
  it.each<[string, readonly string[], (value: number) => number]>([
    ['Add', ['x', 'c'], (value) => value + 2.5],
    ['Sub', ['x', 'c'], (value) => value - 2.5],
    ['Sub', ['c', 'x'], (value) => 2.5 - value],
    ['Mul', ['x', 'c'], (value) => value * 2.5],
    ['Mul', ['c', 'x'], (value) => value * 2.5],
    ['Add', ['x', 'x'], (value) => 2 * value],
  ])('%s of %j', (op, inputs, of) => {
    const model = compiled({ shape: [6], constants: constant([], 2.5), nodes: [node(op, ...inputs)] });
    expect(evaluated(model, six)).toEqual(six.map(of));
  });

  it('Div by constants multiplies by their inverses', () => {
    const model = compiled({
      shape: [2, 3],
      constants: constant([3], 1, -4, 0.5),
      nodes: [node('Div', 'x', 'c')],
    });
    expect(evaluated(model, six)).toEqual([a, b / -4, c * 2, d, e / -4, f * 2]);
  });

  it.each<[string, readonly number[], Readonly<Record<string, Weights>>, readonly number[], number[]]>([
    ['a row', [2, 3], constant([3], 1, 2, 3), [2, 3], [a + 1, b + 2, c + 3, d + 1, e + 2, f + 3]],
    ['a column', [2, 3], constant([2, 1], 1, 2), [2, 3], [a + 1, b + 1, c + 1, d + 2, e + 2, f + 2]],
    ['a larger shape', [6], constant([2, 1], 0, 1), [2, 6], [...six, ...six.map((value) => value + 1)]],
    ['both ways', [6, 1], constant([1, 2], 0, 1), [6, 2], six.flatMap((value) => [value, value + 1])],
    ['more axes', [1, 6], constant([1, 1, 1, 1], 1), [1, 1, 1, 6], six.map((value) => value + 1)],
  ])('spread %s', (_name, shape, constants, expectedShape, expected) => {
    const model = compiled({ shape, constants, nodes: [node('Add', 'x', 'c')] });
    expect(model.outputs[0]?.shape).toEqual(expectedShape);
    expect(evaluated(model, six)).toEqual(expected);
  });

  it('of constants are constants', () => {
    const nodes = [
      { op: 'Mul', inputs: ['c', 'c'], outputs: ['square'] },
      { op: 'Gemm', inputs: ['x', 'square'], outputs: ['y'] },
    ];
    const model = compiled({ shape: [3, 2], constants: constant([2, 1], 3, -1), nodes });
    expect(evaluated(model, six)).toEqual([9 * a + b, 9 * c + d, 9 * e + f]);
  });

  it('of what an activation gives work on its layer', () => {
    const nodes = [{ op: 'Relu', inputs: ['x'], outputs: ['r'] }, node('Add', 'r', 'x')];
    const model = compiled({ shape: [6], nodes });
    expect(model.layers).toHaveLength(1);
    expect(evaluated(model, six)).toEqual(six.map((value) => Math.max(value, 0) + value));
  });

  it.each<[string, TestGraph, RegExp]>([
    ['a product of inputs', { shape: [2], nodes: [node('Mul', 'x', 'x')] }, /Mul "n" multiplies two values/],
    [
      'a quotient of inputs',
      { shape: [2], nodes: [node('Div', 'x', 'x')] },
      /Div "n" divides by what is no constant/,
    ],
    [
      'a division by 0',
      { shape: [2], constants: constant([2], 1, 0), nodes: [node('Div', 'x', 'c')] },
      /divides by what is no constant other than 0/,
    ],
    [
      'shapes that do not fit',
      { shape: [2, 3], constants: constant([2], 1, 1), nodes: [node('Add', 'x', 'c')] },
      /Add "n" joins the shapes \[2,3\] and \[2\]/,
    ],
    [
      'no elements',
      { shape: [1], constants: constant([0]), nodes: [node('Add', 'x', 'c')] },
      /makes the empty shape \[0\]/,
    ],
    ['a difference of nothing', { shape: [1], nodes: [node('Sub', 'x', 'x')] }, /depend on any input/],
    [
      'nothing but 0',
      { shape: [1], constants: constant([], 0), nodes: [node('Mul', 'x', 'c')] },
      /depend on any input/,
    ],
  ])('refuse %s', (_name, graph, why) => {
    expect(refusal(graph)).toMatch(why);
  });
});

import { describe, expect, it } from '@jest/globals';
import { AXES_MAX } from '@touchstone/onnx';
import { onnxAttribute, onnxTensor, type OnnxNode } from '@touchstone/testing';
import { compiled, evaluated, refusalOf, wholeNumbers, type TestGraph } from '../../../test/one-node.js';

const node = (op: string, inputs: readonly string[], ...attributes: Uint8Array[]): OnnxNode => ({
  ...{ name: 'n', op, inputs, outputs: ['y'] },
  attributes,
});
const list = (...values: number[]) => [onnxTensor('c', [values.length], values, 'INT64')];
const axis = (value: number) => onnxAttribute('axis', { int: value });
const shapeOf = (graph: TestGraph) => compiled(graph).outputs[0]?.shape;
const refusal = (graph: TestGraph) => refusalOf(() => compiled(graph));

describe('Flatten', () => {
  it.each([
    [0, [1, 24]],
    [1, [2, 12]],
    [2, [6, 4]],
    [3, [24, 1]],
    [-1, [6, 4]],
    [-3, [1, 24]],
  ])('makes a matrix at the axis %d', (at, expected) => {
    expect(shapeOf({ shape: [2, 3, 4], nodes: [node('Flatten', ['x'], axis(at))] })).toEqual(expected);
  });

  it('keeps the first axis where none is named', () => {
    expect(shapeOf({ shape: [2, 3, 4], nodes: [node('Flatten', ['x'])] })).toEqual([2, 12]);
  });

  it.each([4, -4])('refuses the axis %d', (at) => {
    const graph = { shape: [2, 3, 4], nodes: [node('Flatten', ['x'], axis(at))] };
    expect(refusal(graph)).toMatch(/Flatten "n" names the axis -?4 of 3/);
  });
});

describe('Reshape', () => {
  const reshape = (...sizes: number[]): TestGraph => ({
    ...{ shape: [2, 3, 4], tensors: list(...sizes) },
    nodes: [node('Reshape', ['x', 'c'])],
  });

  it.each([
    [
      [6, 4],
      [6, 4],
    ],
    [
      [-1, 8],
      [3, 8],
    ],
    [
      [0, -1],
      [2, 12],
    ],
    [
      [0, 0, 0],
      [2, 3, 4],
    ],
    [
      [1, 24, 1],
      [1, 24, 1],
    ],
  ])('makes %j to %j', (sizes, expected) => {
    expect(shapeOf(reshape(...sizes))).toEqual(expected);
    const values = wholeNumbers(24, 3);
    expect(evaluated(compiled(reshape(...sizes)), values)).toEqual(values);
  });

  it('leaves what is left to do with an activation', () => {
    const nodes = [{ op: 'Relu', inputs: ['x'], outputs: ['r'] }, node('Reshape', ['r', 'c'])];
    const model = compiled({ shape: [2, 2], tensors: list(4), nodes });
    expect(evaluated(model, [-3, 4, -5, 6])).toEqual([0, 4, 0, 6]);
  });

  it.each([
    [[5, 5]],
    [[-1, 5]],
    [[-1, -1, 24]],
    [[-2, -12]],
    [[2, 3, 4, 0]],
    [[0, 12, 2]],
    [[-1, 2 ** 50]],
    [[]],
  ])('refuses %j', (sizes) => {
    expect(refusal(reshape(...sizes))).toMatch(/Reshape "n" makes the shape \[.*\] of \[2,3,4\]/);
  });

  it('refuses allowzero', () => {
    const nodes = [node('Reshape', ['x', 'c'], onnxAttribute('allowzero', { int: 1 }))];
    expect(refusal({ shape: [2], tensors: list(2), nodes })).toMatch(/has allowzero; state the sizes/);
  });

  it('makes so many axes and no more', () => {
    const ones = Array<number>(AXES_MAX - 1).fill(1);
    expect(shapeOf(reshape(24, ...ones))).toHaveLength(AXES_MAX);
    expect(refusal(reshape(24, 1, ...ones))).toMatch(/makes 9 axes; at most 8/);
  });
});

describe('Squeeze and Unsqueeze', () => {
  it.each<[string, TestGraph, number[]]>([
    ['all of them', { shape: [1, 3, 1], nodes: [node('Squeeze', ['x'])] }, [3]],
    [
      'named by an input',
      { shape: [1, 3, 1], tensors: list(-1), nodes: [node('Squeeze', ['x', 'c'])] },
      [1, 3],
    ],
    ['named by an attribute', { shape: [1, 3, 1], nodes: [node('Squeeze', ['x'], ints(0))] }, [3, 1]],
  ])('take out axes of 1: %s', (_name, graph, expected) => {
    expect(shapeOf(graph)).toEqual(expected);
  });

  it.each<[string, TestGraph, number[]]>([
    [
      'by an input',
      { shape: [2, 3], tensors: list(0, -1), nodes: [node('Unsqueeze', ['x', 'c'])] },
      [1, 2, 3, 1],
    ],
    ['by an attribute', { shape: [2, 3], nodes: [node('Unsqueeze', ['x'], ints(1))] }, [2, 1, 3]],
    ['not at all', { shape: [2, 3], nodes: [node('Unsqueeze', ['x'])] }, [2, 3]],
  ])('put in axes of 1 %s', (_name, graph, expected) => {
    expect(shapeOf(graph)).toEqual(expected);
  });

  it.each<[string, TestGraph, RegExp]>([
    [
      'an axis that is not 1',
      { shape: [1, 3], nodes: [node('Squeeze', ['x'], ints(1))] },
      /axes out of \[1,3\]/,
    ],
    [
      'an axis that is not there',
      { shape: [1], nodes: [node('Squeeze', ['x'], ints(1))] },
      /the axis 1 of 1/,
    ],
    [
      'an axis beyond',
      { shape: [3], nodes: [node('Unsqueeze', ['x'], ints(2))] },
      /Unsqueeze "n" names the axis 2 of 2/,
    ],
    ['an axis twice', { shape: [3], nodes: [node('Unsqueeze', ['x'], ints(0, -3))] }, /names an axis twice/],
    [
      'axes that are no list',
      { shape: [3], nodes: [node('Unsqueeze', ['x'], onnxAttribute('axes', { int: 0 }))] },
      /no list of whole/,
    ],
    [
      'thousands of axes',
      {
        shape: [3],
        nodes: [node('Unsqueeze', ['x'], ints(...Array.from({ length: 5_000 }, (_, at) => at)))],
      },
      /makes 5001 axes; at most 8/,
    ],
  ])('refuse %s', (_name, graph, why) => {
    expect(refusal(graph)).toMatch(why);
  });
});

describe('Identity, Dropout and Constant', () => {
  it.each([
    ['Identity', node('Identity', ['x'])],
    ['Dropout', node('Dropout', ['x'])],
    ['Dropout that says that nothing is trained', node('Dropout', ['x', '', 'off'])],
  ])('%s leaves a value as it is', (_name, one) => {
    const model = compiled({ shape: [2], tensors: [onnxTensor('off', [], [0], 'BOOL')], nodes: [one] });
    expect(evaluated(model, [3, -4])).toEqual([3, -4]);
  });

  it('Dropout in training is refused', () => {
    const graph = {
      shape: [2],
      tensors: [onnxTensor('on', [], [1], 'BOOL')],
      nodes: [node('Dropout', ['x', '', 'on'])],
    };
    expect(refusal(graph)).toMatch(/Dropout "n" is in training mode/);
  });

  it.each<[string, Uint8Array, number[]]>([
    ['a tensor', onnxAttribute('value', { tensor: onnxTensor('', [2], [1, 2.5]) }), [4, -1.5]],
    ['a float', onnxAttribute('value_float', { float: 0.5 }), [3.5, -3.5]],
    ['a whole number', onnxAttribute('value_int', { int: 2 }), [5, -2]],
    ['floats', onnxAttribute('value_floats', { floats: [0.5, 1] }), [3.5, -3]],
    ['whole numbers', onnxAttribute('value_ints', { ints: [1, 2] }), [4, -2]],
  ])('Constant holds %s', (_name, attribute, expected) => {
    const nodes = [
      { op: 'Constant', inputs: [], outputs: ['c'], attributes: [attribute] },
      node('Add', ['x', 'c']),
    ];
    expect(evaluated(compiled({ shape: [2], nodes }), [3, -4])).toEqual(expected);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a text', onnxAttribute('value_string', { string: 'a' }), /holds what is no tensor of numbers/],
    ['a text under another name', onnxAttribute('value_floats', { string: 'a' }), /no list of floats/],
    ['a number as tensor', onnxAttribute('value', { int: 1 }), /holds what is no tensor of numbers/],
  ])('Constant with %s is refused', (_name, attribute, why) => {
    const nodes = [
      { op: 'Constant', inputs: [], outputs: ['c'], attributes: [attribute] },
      node('Add', ['x', 'c']),
    ];
    expect(refusal({ shape: [2], nodes })).toMatch(why);
  });
});

function ints(...values: number[]): Uint8Array {
  return onnxAttribute('axes', { ints: values });
}

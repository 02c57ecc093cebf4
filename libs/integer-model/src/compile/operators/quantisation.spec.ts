import { describe, expect, it } from '@jest/globals';
import { onnxAttribute, onnxTensor, type OnnxNode } from '@touchstone/testing';
import { SCALE_LOG2_MAX } from '../../limits.js';
import { compiled, evaluated, fileOf, refusalOf, type TestGraph } from '../../../test/one-node.js';
import { compileIntegerModel } from '../compile-model.js';

const node = (op: string, inputs: readonly string[], ...attributes: Uint8Array[]): OnnxNode => ({
  ...{ name: 'n', op, inputs, outputs: ['y'] },
  attributes,
});
const scale = (value: number, name = 's') => onnxTensor(name, [], [value]);
const zero = (value: number, type: 'UINT8' | 'INT8' | 'UINT16' = 'UINT8', name = 'z') =>
  onnxTensor(name, [], [value], type);
const refusal = (graph: TestGraph) => refusalOf(() => compiled(graph));
const quantise = node('QuantizeLinear', ['x', 's', 'z']);

describe('QuantizeLinear', () => {
  it('of an input states how it becomes whole numbers', () => {
    const graph = { shape: [4], tensors: [scale(0.25), zero(-3, 'INT8')], nodes: [quantise] };
    const model = compileIntegerModel(fileOf(graph));
    expect(model.inputs).toEqual([
      { name: 'x', shape: [4], datatype: 'INT8', scaleLog2: [-2], zeroPoint: -3 },
    ]);
    expect(model.layers).toEqual([]);
    // Ties go to the even number before the zero point is added.
    expect(evaluated(model, [0.125, 0.375, -0.125, 100])).toEqual([-3, -1, -3, 127]);
  });

  it('without a zero point makes UINT8', () => {
    const graph = { shape: [3], tensors: [scale(2)], nodes: [node('QuantizeLinear', ['x', 's'])] };
    const model = compileIntegerModel(fileOf(graph));
    expect(model.inputs[0]).toMatchObject({ datatype: 'UINT8', scaleLog2: [1], zeroPoint: 0 });
    expect(evaluated(model, [-1, 3, 1000])).toEqual([0, 2, 255]);
  });

  it('of a sum rounds half to even and saturates', () => {
    const nodes = [
      { op: 'Add', inputs: ['x', 'c'], outputs: ['a'] },
      node('QuantizeLinear', ['a', 's', 'z']),
    ];
    const graph = { shape: [6], constants: { c: [[], [0.5]] as const }, tensors: [scale(2), zero(7)], nodes };
    // (x + ½) / 2 for −128, −2.., with ties at odd halves.
    expect(evaluated(compiled(graph), [-128, -2, 1, 2, 3, 127])).toEqual([0, 6, 8, 8, 9, 71]);
  });

  it('of a constant is a constant', () => {
    const nodes = [
      { op: 'QuantizeLinear', inputs: ['c', 's', 'z'], outputs: ['q'] },
      { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['d'] },
      node('Add', ['x', 'd']),
    ];
    const graph = {
      shape: [4],
      constants: { c: [[4], [0.3, 1.25, -9999, 9999]] as const },
      tensors: [scale(0.5), zero(10)],
      nodes,
    };
    expect(evaluated(compiled(graph), [0, 0, 0, 0])).toEqual([0.5, 1, -5, 122.5]);
  });

  it.each([-SCALE_LOG2_MAX, SCALE_LOG2_MAX])('takes the scale 2^%d and none beyond', (log2) => {
    const graph = (exponent: number) => ({
      ...{ shape: [1], nodes: [node('QuantizeLinear', ['x', 's'])] },
      tensors: [scale(2 ** exponent)],
    });
    expect(refusal(graph(log2))).toBe('taken');
    expect(refusal(graph(log2 + Math.sign(log2)))).toMatch(/only one power of two from 2\^-40 to 2\^40/);
  });

  it.each<[string, Partial<TestGraph>, RegExp]>([
    [
      'a scale that is no power of two',
      { tensors: [scale(0.3), zero(0)] },
      /QuantizeLinear "n" has the scale 0.3/,
    ],
    ['a scale of 0', { tensors: [scale(0), zero(0)] }, /has the scale 0;/],
    ['a scale below 0', { tensors: [scale(-2), zero(0)] }, /has the scale -2;/],
    ['several scales', { tensors: [onnxTensor('s', [2], [1, 2]), zero(0)] }, /has the scale 1,2;/],
    ['no scale', { tensors: [onnxTensor('s', [0], []), zero(0)] }, /has the scale ;/],
    ['16 bits', { tensors: [scale(1), zero(0, 'UINT16')] }, /makes UINT16; only UINT8 and INT8/],
    ['no scale at all', { nodes: [node('QuantizeLinear', ['x'])] }, /lacks its input 1/],
    [
      'two zero points',
      { tensors: [scale(1), onnxTensor('z', [2], [0, 0], 'UINT8')] },
      /has not one zero point/,
    ],
    [
      'no zero point in its place',
      { tensors: [scale(1), onnxTensor('z', [0], [], 'UINT8')] },
      /has not one zero point/,
    ],
    [
      'a zero point that is computed',
      { nodes: [node('QuantizeLinear', ['x', 's', 'x'])] },
      /needs a constant of the file as its input 2/,
    ],
    [
      'an output_dtype',
      { nodes: [node('QuantizeLinear', ['x', 's'], onnxAttribute('output_dtype', { int: 3 }))] },
      /states its output_dtype; export it with a zero point/,
    ],
  ])('refuses %s', (_name, changed, why) => {
    const graph = { shape: [2], tensors: [scale(1), zero(0)], nodes: [quantise] };
    expect(refusal({ ...graph, ...changed })).toMatch(why);
  });
});

describe('DequantizeLinear', () => {
  const graph = (inputs: string[], tensors: Uint8Array[], ...attributes: Uint8Array[]): TestGraph => ({
    ...{ shape: [2, 2], tensors },
    nodes: [
      { op: 'DequantizeLinear', inputs, outputs: ['w'], attributes },
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] },
    ],
  });
  const weights = onnxTensor('q', [2, 2], [1, -2, 3, 4], 'INT8');
  const scales = onnxTensor('s', [2], [0.5, 2]);
  const zeros = onnxTensor('z', [2], [1, -1], 'INT8');
  const axis = (value: number) => onnxAttribute('axis', { int: value });
  const identity = [1, 0, 0, 1];

  it.each<[string, TestGraph, number[]]>([
    ['one scale', graph(['q', 's'], [weights, scale(0.5)]), [0.5, -1, 1.5, 2]],
    [
      'one scale and a zero point',
      graph(['q', 's', 'z'], [weights, scale(0.5), zero(1, 'INT8')]),
      [0, -1.5, 1, 1.5],
    ],
    ['a scale for each column', graph(['q', 's', 'z'], [weights, scales, zeros]), [0, -2, 1, 10]],
    ['a scale for each row', graph(['q', 's', 'z'], [weights, scales, zeros], axis(0)), [0, -1.5, 8, 10]],
    ['an axis from the end', graph(['q', 's', 'z'], [weights, scales, zeros], axis(-1)), [0, -2, 1, 10]],
  ])('of weights with %s', (_name, one, expected) => {
    expect(evaluated(compiled(one), identity)).toEqual(expected);
  });

  it('of an input with a scale for each channel', () => {
    const nodes = [node('DequantizeLinear', ['x', 's', 'z'])];
    expect(evaluated(compiled({ shape: [2, 2], tensors: [scales, zeros], nodes }), [5, 5, -7, 9])).toEqual([
      2, 12, -4, 20,
    ]);
  });

  it.each<[string, TestGraph, RegExp]>([
    [
      'another number of scales',
      graph(['q', 's'], [weights, onnxTensor('s', [3], [1, 1, 1])]),
      /has 3 scales and 3 zero points along the axis 1 of \[2,2\]/,
    ],
    [
      'another number of zero points',
      graph(['q', 's', 'z'], [weights, scale(1), zeros]),
      /has 1 scales and 2 zero points/,
    ],
    [
      'an axis that is not there',
      graph(['q', 's', 'z'], [weights, scales, zeros], axis(2)),
      /names the axis 2 of 2/,
    ],
    [
      'scales of blocks',
      graph(['q', 's'], [weights, scale(1)], onnxAttribute('block_size', { int: 2 })),
      /scales of blocks/,
    ],
  ])('refuses %s', (_name, one, why) => {
    expect(refusal(one)).toMatch(why);
  });
});

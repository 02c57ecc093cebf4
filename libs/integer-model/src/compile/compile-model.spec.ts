import { describe, expect, it } from '@jest/globals';
import { REFUSAL_CHARACTERS_MAX } from '@touchstone/onnx';
import { onnxModel, onnxTensor, type OnnxNode, type OnnxValue } from '@touchstone/testing';
import { readFileSync } from 'node:fs';
import { compiled, evaluated, fileOf, refusalOf, type TestGraph } from '../../test/one-node.js';
import { CALIBRATION_ROWS_MAX } from '../limits.js';
import { compileIntegerModel, type CompileOptions } from './compile-model.js';

const identity: OnnxNode = { name: 'n', op: 'Identity', inputs: ['x'], outputs: ['y'] };
const refusal = (graph: TestGraph) => refusalOf(() => compiled(graph));
const withInput = (input: Omit<OnnxValue, 'name'>, options: CompileOptions = {}) =>
  compileIntegerModel(
    onnxModel({ inputs: [{ name: 'x', ...input }], outputs: [{ name: 'y' }], nodes: [identity] }),
    options,
  );
const samples = (...rows: number[][]) => ({ samples: rows.map((row) => new Map([['x', row]])) });

describe('inputs', () => {
  it.each(['UINT8', 'INT8', 'UINT16'] as const)('of %s are taken as they are', (type) => {
    const { inputs } = withInput({ type, shape: [2] });
    expect(inputs).toEqual([{ name: 'x', shape: [2], datatype: type, scaleLog2: [0], zeroPoint: 0 }]);
  });

  it.each([
    [0, 255, 'UINT8', 0],
    [0, 256, 'UINT8', 1],
    [0, 16, 'UINT8', -3],
    [5, 1, 'UINT8', -7],
    [-128, 127, 'INT8', 0],
    [-129, 127, 'INT8', 1],
    [-1, 128, 'INT8', 1],
    [-0.5, 0.25, 'INT8', -8],
    [0, 0, 'UINT8', 0],
    [0, 1e30, 'UINT8', 40],
    [-1e-30, 0, 'INT8', -40],
  ])('between %d and %d become %s of the scale 2^%d', (minimum, maximum, datatype, scaleLog2) => {
    const [input] = withInput({ shape: [1] }, { ranges: new Map([['x', { minimum, maximum }]]) }).inputs;
    expect(input).toMatchObject({ datatype, scaleLog2: [scaleLog2], zeroPoint: 0 });
  });

  it('without a range have a scale for each element, by the samples', () => {
    const [input] = withInput({ shape: [1, 3] }, samples([0, 510, 3], [1, 0, 0.5])).inputs;
    expect(input).toMatchObject({ datatype: 'UINT8', scaleLog2: [-7, 1, -6] });
    const [signed] = withInput({ shape: [3] }, samples([0, 510, -3])).inputs;
    expect(signed).toMatchObject({ datatype: 'INT8', scaleLog2: [0, 3, -5] });
  });

  it(`count the first ${CALIBRATION_ROWS_MAX} samples and no more`, () => {
    const rows = Array.from({ length: CALIBRATION_ROWS_MAX + 1 }, () => [1]);
    const scaleWith = (at: number) =>
      withInput({ shape: [1] }, samples(...rows.map((row, index) => (index === at ? [255] : row)))).inputs[0]
        ?.scaleLog2;
    expect(scaleWith(CALIBRATION_ROWS_MAX - 1)).toEqual([0]);
    expect(scaleWith(CALIBRATION_ROWS_MAX)).toEqual([-7]);
  });

  it('may leave their first size open', () => {
    expect(withInput({ type: 'INT8', shape: ['rows', 3] }).inputs[0]?.shape).toEqual([1, 3]);
  });

  it.each<[string, Omit<OnnxValue, 'name'>, CompileOptions, RegExp]>([
    [
      'no range',
      { shape: [1] },
      {},
      /the input "x" has no declared range; declare minimum and maximum, or give samples/,
    ],
    ['half a range', { shape: [1] }, { ranges: new Map([['x', { minimum: 0 }]]) }, /no declared range/],
    ['no shape', {}, {}, /no fixed shape/],
    ['a second size left open', { shape: [1, 'n'] }, {}, /no fixed shape/],
    ['no elements', { shape: [1, 0] }, {}, /no fixed shape/],
    ['nine axes', { shape: Array<number>(9).fill(1) }, {}, /no fixed shape of at most 8 axes/],
    [
      'texts',
      { type: 'STRING', shape: [1] },
      {},
      /holds what is no number; only floats and small whole numbers/,
    ],
    ['64 bits', { type: 'INT64', shape: [1] }, {}, /holds INT64/],
    ['samples of another size', { shape: [2] }, samples([1]), /samples that are not 2 finite numbers/],
    ['samples that are none', { shape: [1] }, { samples: [new Map()] }, /samples that are not 1 finite/],
    ['samples that are no numbers', { shape: [1] }, samples([NaN]), /samples that are not 1 finite/],
  ])('with %s are refused', (_name, input, options, why) => {
    expect(refusalOf(() => withInput(input, options))).toMatch(why);
  });
});

describe('graphs', () => {
  it('are compiled as far as their outputs need them', () => {
    const nodes: OnnxNode[] = [
      { op: 'Unknown', inputs: ['x'], outputs: ['unused', ''] },
      { op: 'Add', inputs: ['x', 'c', ''], outputs: ['y', ''] },
    ];
    expect(evaluated(compiled({ shape: [1], constants: { c: [[], [2]] }, nodes }), [5])).toEqual([7]);
  });

  it('give the same model every time', () => {
    const file = readFileSync(new URL('../../../../models/digits/model.onnx', import.meta.url));
    const options = { ranges: new Map([['pixels', { minimum: 0, maximum: 16 }]]) };
    expect(compileIntegerModel(file, options)).toEqual(compileIntegerModel(file, options));
  });

  it('may give an input back, and an output twice over its post-processing', () => {
    const nodes: OnnxNode[] = [{ op: 'Softmax', inputs: ['x'], outputs: ['y'] }];
    const model = compiled({ shape: [2], nodes, outputs: ['x', 'y'] });
    expect(model.outputs.map(({ name }) => name)).toEqual(['x']);
  });

  it.each<[string, TestGraph, RegExp]>([
    [
      'an operator that is not known',
      { shape: [1], nodes: [{ ...identity, op: 'Tanh' }] },
      /Tanh "n" is not among what can be proved \(Add, .*Unsqueeze\)/,
    ],
    [
      'an operator of others',
      { shape: [1], nodes: [{ ...identity, op: 'Relu', domain: 'a.b' }] },
      /Relu "n" is not among/,
    ],
    [
      'an operator that objects inherit',
      { shape: [1], nodes: [{ ...identity, op: 'constructor' }] },
      /constructor "n" is not among/,
    ],
    [
      'two outputs of a node',
      { shape: [1], nodes: [{ ...identity, outputs: ['y', 'mask'] }] },
      /has more than one output/,
    ],
    [
      'what nothing gives',
      { shape: [1], nodes: [{ ...identity, inputs: ['nothing'] }] },
      /uses "nothing" before anything gives it/,
    ],
    [
      'what comes later',
      {
        shape: [1],
        nodes: [
          { ...identity, inputs: ['z'] },
          { op: 'Relu', inputs: ['x'], outputs: ['z'] },
        ],
      },
      /uses "z" before/,
    ],
    ['an output that nothing gives', { shape: [1], nodes: [], outputs: ['y'] }, /uses "y" before/],
    ['a name twice', { shape: [1], nodes: [identity, { ...identity }] }, /the graph gives "y" twice/],
    [
      'an input again',
      { shape: [1], nodes: [{ ...identity, outputs: ['x'] }], outputs: ['x'] },
      /gives "x" twice/,
    ],
    [
      'an output that is a constant',
      { shape: [1], constants: { c: [[], [1]] }, nodes: [], outputs: ['c'] },
      /the output "c" does not depend on any input/,
    ],
    ['no output', { shape: [1], nodes: [identity], outputs: [] }, /has no output/],
    [
      'a node without a name',
      { shape: [1], nodes: [{ op: 'Tanh', inputs: ['x'], outputs: ['y'] }] },
      /Tanh "y" is not among/,
    ],
  ])('with %s are refused', (_name, graph, why) => {
    expect(refusal(graph)).toMatch(why);
  });

  it('refuses a file that is none', () => {
    expect(refusalOf(() => compileIntegerModel(Uint8Array.of(1, 2, 3)))).toMatch(
      /not a well-formed ONNX file/,
    );
  });

  it('refuses two inputs of one name', () => {
    const inputs = [{ name: 'x', type: 'INT8' as const, shape: [1] }];
    const file = onnxModel({ inputs: [...inputs, ...inputs], outputs: [{ name: 'y' }], nodes: [identity] });
    expect(refusalOf(() => compileIntegerModel(file))).toMatch(/gives "x" twice/);
  });

  it('cuts names that it quotes', () => {
    const quoted = (length: number) =>
      refusal({ shape: [1], nodes: [{ ...identity, name: 'n'.repeat(length), op: 'Tanh' }] });
    const around = 'Tanh ""'.length;
    expect(quoted(REFUSAL_CHARACTERS_MAX - around)).toContain('n" is not among');
    expect(quoted(REFUSAL_CHARACTERS_MAX - around + 1)).toContain('n is not among');
  });
});

describe('sums', () => {
  const gemm = (weights: readonly number[], bias: readonly number[] = [0]) => {
    const tensors = [
      onnxTensor('w', [weights.length, 1], weights, 'FP64'),
      onnxTensor('b', [bias.length], bias, 'FP64'),
    ];
    const nodes = [{ name: 'n', op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['y'] }];
    return { shape: [1, weights.length], tensors, nodes };
  };

  it('have exact weights of 16 bits, and rounded ones of 8 where those do not suffice', () => {
    const exact = compiled(gemm([1, 2 ** 15 - 1])).outputs[0];
    expect([exact?.rows.weights, exact?.scaleLog2]).toEqual([Int32Array.of(1, 2 ** 15 - 1), 0]);
    const rounded = compiled(gemm([2 ** 12, 2 ** 15 + 0.5])).outputs[0];
    expect([rounded?.rows.weights, rounded?.scaleLog2]).toEqual([Int32Array.of(8, 64), 9]);
  });

  it('keep constants exact that are finer than the weights, as long as the weights fit', () => {
    const exact = compiled(gemm([4, 8], [0.5])).outputs[0];
    expect([exact?.rows.weights, exact?.rows.biases, exact?.scaleLog2]).toEqual([
      Int32Array.of(8, 16),
      Int32Array.of(1),
      -1,
    ]);
    const coarse = compiled(gemm([4, 2 ** 14], [2 ** -10 + 12])).outputs[0];
    expect([coarse?.rows.weights, coarse?.rows.biases]).toEqual([
      Int32Array.of(1, 2 ** 12),
      Int32Array.of(3),
    ]);
  });

  it('reach 2^31 − 1 and no further', () => {
    const most = 2 ** 31 - 1 - 127;
    expect(refusal(gemm([1], [most]))).toBe('taken');
    expect(refusal(gemm([1], [most + 1]))).toMatch(
      /the output "y" has sums that may reach 2147483648, beyond 32 bits/,
    );
    expect(refusal(gemm([1], [2 ** 31]))).toMatch(/a constant needs more bits than a sum has/);
    expect(refusal(gemm([2 ** 23, 2 ** 9], [1]))).toBe('taken');
  });

  it.each([[[NaN]], [[Infinity]], [[1e300, 1e-300]]])('refuse or round the weights %j', (weights) => {
    expect(refusal(gemm(weights))).toMatch(weights[0] === 1e300 ? /taken/ : /a factor is no finite number/);
  });

  it('take products of factors that vanish for nothing', () => {
    const nodes = [
      { op: 'Mul', inputs: ['x', 'c'], outputs: ['m'] },
      { op: 'Mul', inputs: ['m', 'c'], outputs: ['y'] },
    ];
    const graph = { shape: [1], tensors: [onnxTensor('c', [], [1e-200], 'FP64')], nodes };
    expect(evaluated(compiled(graph), [5])).toEqual([0]);
  });
});

describe('layers', () => {
  const leaky: OnnxNode[] = [
    { op: 'Sub', inputs: ['c', 'x'], outputs: ['d'] },
    { op: 'LeakyRelu', inputs: ['d'], outputs: ['y'] },
  ];

  it('are unsigned where no sum is below zero', () => {
    const of = (constant: number) =>
      compileIntegerModel(fileOf({ shape: [1], constants: { c: [[], [constant]] }, nodes: leaky }), {
        ranges: new Map([['x', { minimum: 0, maximum: 255 }]]),
      }).layers[0]?.requantise;
    expect(of(255)).toMatchObject({ lower: 0, upper: 255 });
    expect(of(254)).toMatchObject({ lower: -128, upper: 127 });
  });

  it('have the scale 1 where all samples are 0', () => {
    const nodes: OnnxNode[] = [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }];
    const model = compileIntegerModel(fileOf({ shape: [1], nodes }), samples([0]));
    expect(model.outputs[0]?.scaleLog2).toBe(0);
  });

  it('are refused where samples are beyond all numbers', () => {
    const nodes: OnnxNode[] = [
      { op: 'Mul', inputs: ['x', 'c'], outputs: ['m'] },
      { name: 'n', op: 'Relu', inputs: ['m'], outputs: ['y'] },
    ];
    const graph = { shape: [1], tensors: [onnxTensor('c', [], [1e308], 'FP64')], nodes };
    expect(refusal(graph)).toMatch(/the output "y" cannot be written in whole numbers/);
  });
});

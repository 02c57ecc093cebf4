import { describe, expect, it } from '@jest/globals';
import { onnxAttribute, type OnnxNode } from '@touchstone/testing';
import { compiled, evaluated, refusalOf, type TestGraph } from '../../../test/one-node.js';

const node = (op: string, inputs: readonly string[], ...attributes: Uint8Array[]): OnnxNode => ({
  ...{ name: 'n', op, inputs, outputs: ['y'] },
  attributes,
});
const named = (output: string, one: OnnxNode): OnnxNode => ({ ...one, outputs: [output] });
const float = (name: string, value: number) => onnxAttribute(name, { float: value });
const refusal = (graph: TestGraph) => refusalOf(() => compiled(graph));
const values = [-128, -100, -7, -4, -1, 0, 1, 5, 6, 7, 8, 127];
const shape = [12];
const constants = { low: [[], [-5]], high: [[1], [6]], many: [[2], [0, 1]] } as const;
const alpha = (value: number) => float('alpha', value);

describe('Relu, Clip and LeakyRelu', () => {
  it.each<[string, OnnxNode[], (value: number) => number]>([
    ['Relu', [node('Relu', ['x'])], (x) => Math.max(x, 0)],
    ['Clip', [node('Clip', ['x', 'low', 'high'])], (x) => Math.min(6, Math.max(-5, x))],
    ['Clip from below', [node('Clip', ['x', 'low'])], (x) => Math.max(-5, x)],
    ['Clip from above', [node('Clip', ['x', '', 'high'])], (x) => Math.min(6, x)],
    ['Clip without bounds', [node('Clip', ['x'])], (x) => x],
    [
      'Clip after Relu',
      [named('r', node('Relu', ['x'])), node('Clip', ['r', 'low', 'high'])],
      (x) => Math.min(6, Math.max(0, x)),
    ],
    [
      'Relu after Clip',
      [named('c', node('Clip', ['x', 'low', 'high'])), node('Relu', ['c'])],
      (x) => Math.min(6, Math.max(0, x)),
    ],
    [
      'Clip after LeakyRelu',
      [named('l', node('LeakyRelu', ['x'], alpha(0.5))), node('Clip', ['l', '', 'high'])],
      (x) => Math.min(6, x < 0 ? x / 2 : x),
    ],
    ['LeakyRelu of nothing', [node('LeakyRelu', ['x'], alpha(0))], (x) => Math.max(x, 0)],
    ['LeakyRelu of all', [node('LeakyRelu', ['x'], alpha(1))], (x) => x],
  ])('%s', (_name, nodes, of) => {
    const model = compiled({ shape, constants, nodes });
    expect(evaluated(model, values)).toEqual(values.map((value) => of(value) + 0));
    expect(model.layers.length).toBeLessThanOrEqual(1);
  });

  it('Clip has its bounds as attributes before version 11', () => {
    const nodes = [node('Clip', ['x'], float('min', -5), float('max', 6))];
    expect(evaluated(compiled({ shape, nodes, opset: 10 }), [-9, -5, 0, 6, 9, 1, 1, 1, 1, 1, 1, 1])).toEqual([
      ...[-5, -5, 0, 6, 6, 1, 1, 1, 1, 1, 1, 1],
    ]);
  });

  it('LeakyRelu after Relu is a layer of its own', () => {
    const nodes = [named('r', node('Relu', ['x'])), node('LeakyRelu', ['r'], alpha(0.5))];
    expect(compiled({ shape, nodes }).layers).toHaveLength(2);
  });

  it.each([
    [0.25, { factor: 1, shift: 2 }],
    [0.75, { factor: 3, shift: 2 }],
    [1 / 4096, { factor: 1, shift: 12 }],
    [1 / 8192, { factor: 0, shift: 8 }],
    [0.01, { factor: 3, shift: 8 }],
  ])('a slope of %d becomes a factor and a shift', (slope, leak) => {
    const model = compiled({ shape, nodes: [node('LeakyRelu', ['x'], alpha(slope))] });
    expect(model.layers[0]?.requantise.leak).toEqual(leak);
  });

  it('several takers share one layer, reshaped ones too', () => {
    const nodes = [
      named('r', node('Relu', ['x'])),
      named('f', node('Reshape', ['r', 'sizes'])),
      named('s', node('Add', ['r', 'r'])),
      named('t', node('Add', ['f', 'f'])),
      named('u', node('Reshape', ['t', 'flat'])),
      node('Add', ['s', 'u']),
    ];
    const sizes = { sizes: [[2], [3, 4]], flat: [[1], [12]] } as const;
    const model = compiled({ shape, constants: sizes, nodes });
    expect(model.layers).toHaveLength(1);
    expect(evaluated(model, values)).toEqual(values.map((value) => 4 * Math.max(0, value)));
  });

  it.each<[string, OnnxNode, RegExp]>([
    [
      'bounds the wrong way round',
      node('Clip', ['x', 'high', 'low']),
      /Clip "n" holds values between 6 and -5/,
    ],
    ['several bounds', node('Clip', ['x', 'many']), /has a min that is no single number/],
    ['a slope above 1', node('LeakyRelu', ['x'], alpha(1.5)), /LeakyRelu "n" has the alpha 1.5; only 0 to 1/],
    ['a slope below 0', node('LeakyRelu', ['x'], alpha(-0.5)), /has the alpha -0.5/],
    ['a slope that is no number', node('LeakyRelu', ['x'], alpha(NaN)), /has the alpha NaN/],
    ['a constant', node('Relu', ['low']), /Relu "n" needs what is computed from inputs as its input 0/],
  ])('refuse %s', (_name, one, why) => {
    expect(refusal({ shape, constants, nodes: [one] })).toMatch(why);
  });
});

describe('Softmax, Sigmoid and ArgMax', () => {
  const axis = (value: number) => onnxAttribute('axis', { int: value });

  it.each<[string, OnnxNode, number]>([
    ['Softmax', node('Softmax', ['x']), 17],
    ['Softmax', node('Softmax', ['x'], axis(1)), 17],
    ['Softmax', node('Softmax', ['x']), 12],
    ['Sigmoid', node('Sigmoid', ['x']), 17],
    ['ArgMax', node('ArgMax', ['x'], axis(-1)), 17],
  ])('%s is left to the verifier', (op, one, opset) => {
    const model = compiled({ shape: [2, 6], nodes: [one], opset });
    expect(model.post).toEqual([{ op, from: 'x', name: 'y' }]);
    expect(model.outputs.map(({ name, shape: sizes }) => [name, sizes])).toEqual([['x', [2, 6]]]);
    expect(evaluated(model, values)).toEqual(values);
  });

  it('after an activation take its one layer', () => {
    const nodes = [named('r', node('Relu', ['x'])), node('Softmax', ['r'])];
    const model = compiled({ shape, nodes, outputs: ['y', 'r'] });
    expect(model.layers).toHaveLength(1);
    expect(model.outputs.map(({ name }) => name)).toEqual(['r']);
  });

  it.each<[string, OnnxNode[], RegExp]>([
    [
      'another axis',
      [node('Softmax', ['x'], axis(0))],
      /Softmax "n" goes along the axis 0; only the last one/,
    ],
    ['the first axis by default', [node('ArgMax', ['x'])], /ArgMax "n" goes along the axis 0/],
    [
      'the last of equal values',
      [node('ArgMax', ['x'], axis(-1), onnxAttribute('select_last_index', { int: 1 }))],
      /takes the last of equal values/,
    ],
    [
      'what follows it',
      [named('s', node('Softmax', ['x'])), node('Relu', ['s'])],
      /Relu "n" works on what Softmax gives, which is computed after the proof; end the graph there/,
    ],
    ['constants', [node('Sigmoid', ['c'])], /needs what is computed from inputs/],
  ])('refuse %s', (_name, nodes, why) => {
    expect(refusal({ shape: [2, 6], constants: { c: [[1], [1]] }, nodes })).toMatch(why);
  });
});

import { describe, expect, it } from '@jest/globals';
import { onnxAttribute, type OnnxNode } from '@touchstone/testing';
import { convolution, mean, type Windows } from '../../../test/window-reference.js';
import { compiled, evaluated, refusalOf, wholeNumbers, type TestGraph } from '../../../test/one-node.js';

const node = (op: string, inputs: readonly string[], ...attributes: Uint8Array[]): OnnxNode => ({
  ...{ name: 'n', op, inputs, outputs: ['y'] },
  attributes,
});
const refusal = (graph: TestGraph) => refusalOf(() => compiled(graph));
const ints = (name: string, ...values: number[]) => onnxAttribute(name, { ints: values });

/** Attributes, and what they mean. */
const windows: readonly (readonly [string, Uint8Array[], Partial<Windows>])[] = [
  ['as it is', [], {}],
  ['strides', [ints('strides', 2, 3)], { strides: [2, 3] }],
  ['dilations', [ints('dilations', 2, 1)], { dilations: [2, 1] }],
  ['pads', [ints('pads', 1, 0, 1, 2)], { pads: [1, 0, 1, 2] }],
  [
    'pads and strides',
    [ints('pads', 1, 1, 0, 0), ints('strides', 2, 2)],
    { pads: [1, 1, 0, 0], strides: [2, 2] },
  ],
  ['VALID', [onnxAttribute('auto_pad', { string: 'VALID' })], {}],
  ['SAME_UPPER', [onnxAttribute('auto_pad', { string: 'SAME_UPPER' })], { pads: [0, 1, 1, 1] }],
  ['SAME_LOWER', [onnxAttribute('auto_pad', { string: 'SAME_LOWER' })], { pads: [1, 1, 0, 1] }],
  [
    'SAME_UPPER with strides',
    [onnxAttribute('auto_pad', { string: 'SAME_UPPER' }), ints('strides', 4, 4)],
    { pads: [0, 0, 1, 1], strides: [4, 4] },
  ],
];

describe('Conv', () => {
  const shape = [1, 2, 5, 6];
  const values = wholeNumbers(60, 3);

  it.each(windows)('sums products over windows: %s', (_name, attributes, meant) => {
    const weights = wholeNumbers(3 * 2 * 2 * 3, 17).map((value) => value / 8);
    const bias = [1, -2.125, 3];
    const constants = { w: [[3, 2, 2, 3], weights] as const, b: [[3], bias] as const };
    const model = compiled({ shape, constants, nodes: [node('Conv', ['x', 'w', 'b'], ...attributes)] });
    const expected = convolution(values, shape, weights, [3, 2, 2, 3], { bias, groups: 1, ...meant });
    expect(model.outputs[0]?.shape).toEqual(expected.shape);
    expect(evaluated(model, values)).toEqual(expected.data);
  });

  it('has groups of channels', () => {
    const weights = wholeNumbers(4 * 1 * 2 * 2, 23);
    const attributes = [onnxAttribute('group', { int: 2 }), ints('kernel_shape', 2, 2)];
    const constants = { w: [[4, 1, 2, 2], weights] as const };
    const model = compiled({ shape, constants, nodes: [node('Conv', ['x', 'w'], ...attributes)] });
    const expected = convolution(values, shape, weights, [4, 1, 2, 2], { groups: 2 });
    expect(evaluated(model, values)).toEqual(expected.data);
  });

  it.each<[string, readonly number[], Uint8Array[], RegExp]>([
    ['two images', [2, 2, 5, 6], [], /an input of the shape \[2,2,5,6\]; only one image/],
    ['one axis', [1, 2, 5], [], /only one image with two axes/],
    ['other channels', [1, 3, 5, 6], [], /weights of the shape \[3,2,2,3\] for 3 channels in 1 groups/],
    ['groups of no size', shape, [onnxAttribute('group', { int: 0 })], /in 0 groups/],
    ['filters that groups do not divide', [1, 4, 5, 6], [onnxAttribute('group', { int: 2 })], /in 2 groups/],
    ['a kernel larger than its image', [1, 2, 1, 6], [], /a kernel larger than its image/],
    ['another kernel_shape', shape, [ints('kernel_shape', 3, 2)], /a kernel_shape unlike its weights/],
    [
      'a kernel_shape of three axes',
      shape,
      [ints('kernel_shape', 2, 3, 1)],
      /a kernel_shape unlike its weights/,
    ],
    ['strides of 0', shape, [ints('strides', 0, 1)], /has strides \[0,1\]/],
    ['one stride', shape, [ints('strides', 2)], /has strides \[2\]/],
    ['dilations below zero', shape, [ints('dilations', 1, -1)], /has dilations \[1,-1\]/],
    ['pads as wide as the kernel', shape, [ints('pads', 2, 0, 0, 0)], /has pads \[2,0,0,0\]/],
    ['pads below zero', shape, [ints('pads', 0, -1, 0, 0)], /has pads \[0,-1,0,0\]/],
    ['two pads', shape, [ints('pads', 1, 1)], /has pads \[1,1\]/],
    ['another auto_pad', shape, [onnxAttribute('auto_pad', { string: 'SAME' })], /has auto_pad "SAME"/],
    [
      'an auto_pad that is no text',
      shape,
      [onnxAttribute('auto_pad', { int: 1 })],
      /auto_pad, which is no text/,
    ],
  ])('refuses %s', (_name, input, attributes, why) => {
    const constants = { w: [[3, 2, 2, 3], wholeNumbers(36)] as const };
    const graph = { shape: input, constants, nodes: [node('Conv', ['x', 'w'], ...attributes)] };
    expect(refusal(graph)).toMatch(why);
    expect(refusal(graph)).toMatch(/Conv "n"/);
  });

  it('refuses weights of three axes, and of none', () => {
    const constants = { w: [[3, 2, 6], wholeNumbers(36)] as const };
    const graph = { shape, constants, nodes: [node('Conv', ['x', 'w'])] };
    expect(refusal(graph)).toMatch(/Conv "n" has weights of the shape \[3,2,6\]/);
    const single = { ...graph, constants: { w: [[], [1]] as const } };
    expect(refusal(single)).toMatch(/Conv "n" has weights of the shape \[\]/);
  });

  it('refuses another number of biases, and no filters', () => {
    const weights = (filters: number) => [[filters, 2, 1, 1], wholeNumbers(filters * 2)] as const;
    const graph = (filters: number) => ({
      ...{ shape, constants: { w: weights(filters), b: [[2], [1, 2]] as const } },
      nodes: [node('Conv', ['x', 'w', 'b'])],
    });
    expect(refusal(graph(3))).toMatch(/has 2 biases for 3 filters/);
    const none = { shape, constants: { w: weights(0) }, nodes: [node('Conv', ['x', 'w'])] };
    expect(refusal(none)).toMatch(/makes the empty shape \[1,0,5,6\]/);
  });
});

/** What SAME means for a kernel of 2x4. */
const WIDENED: Readonly<Record<string, Partial<Windows>>> = {
  SAME_UPPER: { pads: [0, 1, 1, 2] },
  SAME_LOWER: { pads: [1, 2, 0, 1] },
  'SAME_UPPER with strides': { pads: [0, 1, 1, 1] },
};

describe('AveragePool and GlobalAveragePool', () => {
  const shape = [1, 2, 5, 6];
  const values = wholeNumbers(60, 3);

  it.each(windows)('give means over windows: %s', (name, attributes, meant) => {
    // Shares of four and eight are exact.
    const width = name.startsWith('SAME') || name === 'pads' ? 4 : 2;
    const kernel = ints('kernel_shape', 2, width);
    const counted = onnxAttribute('count_include_pad', { int: 1 });
    const graph = { shape, nodes: [node('AveragePool', ['x'], kernel, counted, ...attributes)] };
    const expected = mean(values, shape, [2, width], { isPaddingCounted: true, ...meant, ...WIDENED[name] });
    const model = compiled(graph);
    expect(model.outputs[0]?.shape).toEqual(expected.shape);
    expect(evaluated(model, values)).toEqual(expected.data);
  });

  it('leave zeros around the image out of the count where they are not asked for', () => {
    const attributes = [ints('kernel_shape', 2, 2), ints('pads', 1, 1, 1, 1)];
    const model = compiled({ shape, nodes: [node('AveragePool', ['x'], ...attributes)] });
    expect(evaluated(model, values)).toEqual(mean(values, shape, [2, 2], { pads: [1, 1, 1, 1] }).data);
  });

  it('give the mean of a whole image', () => {
    const model = compiled({ shape: [1, 3, 2, 4], nodes: [node('GlobalAveragePool', ['x'])] });
    const image = wholeNumbers(24, 9);
    expect(evaluated(model, image)).toEqual(
      [0, 1, 2].map(
        (channel) => image.slice(8 * channel, 8 * channel + 8).reduce((all, one) => all + one, 0) / 8,
      ),
    );
    expect(model.outputs[0]?.shape).toEqual([1, 3, 1, 1]);
  });

  it.each<[string, Uint8Array[], RegExp]>([
    [
      'ceil_mode',
      [ints('kernel_shape', 2, 2), onnxAttribute('ceil_mode', { int: 1 })],
      /has ceil_mode; export/,
    ],
    ['no kernel', [], /has a kernel of \[\]/],
    ['a kernel of 0', [ints('kernel_shape', 0, 2)], /has a kernel of \[0,2\]/],
    [
      'a huge kernel with pads',
      [ints('kernel_shape', 2 ** 40, 1), ints('pads', 2 ** 40 - 1, 0, 2 ** 40 - 1, 0)],
      /elements/,
    ],
  ])('refuse %s', (_name, attributes, why) => {
    expect(refusal({ shape, nodes: [node('AveragePool', ['x'], ...attributes)] })).toMatch(why);
  });

  it('take a huge kernel of which little lies in the image', () => {
    const half = 2 ** 39;
    const attributes = [
      ...[ints('kernel_shape', 2 ** 40, 1), ints('pads', half, 0, half, 0)],
      onnxAttribute('count_include_pad', { int: 0 }),
    ];
    const graph = { shape: [1, 1, 4, 1], nodes: [node('AveragePool', ['x'], ...attributes)] };
    expect(evaluated(compiled(graph), [4, 8, -4, 0])).toEqual([2, 2, 2, 2, 2]);
  });
});

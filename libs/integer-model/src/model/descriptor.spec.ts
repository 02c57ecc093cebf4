import { describe, expect, it } from '@jest/globals';
import { circuitDescriptor, type CircuitDescriptor } from '@touchstone/contracts/circuit';
import { fileOf, refusalOf } from '../../test/one-node.js';
import { compileIntegerModel } from '../compile/compile-model.js';
import { compileDescribed, COMPILER, descriptorOf } from './descriptor.js';
import { runIntegerModel } from './run.js';

const HASH = 'ab'.repeat(32);

/** Two numbers, three hidden units, one output, with a softmax beside it. */
const file = fileOf({
  shape: [1, 2],
  constants: {
    w: [
      [2, 3],
      [1, -0.5, 0.25, 0.75, 2, -1],
    ],
    v: [
      [3, 2],
      [1, -1, 0.5, 0.25, -2, 1],
    ],
  },
  nodes: [
    { op: 'MatMul', inputs: ['x', 'w'], outputs: ['s'] },
    { op: 'Relu', inputs: ['s'], outputs: ['h'] },
    { op: 'MatMul', inputs: ['h', 'v'], outputs: ['logits'] },
    { op: 'Softmax', inputs: ['logits'], outputs: ['y'] },
  ],
});
const ranges = new Map([['x', { minimum: 0, maximum: 100 }]]);
const model = compileIntegerModel(file, { ranges });
const descriptor = descriptorOf(model, HASH, 99);
const [input] = descriptor.inputs as [CircuitDescriptor['inputs'][number]];
const [output] = descriptor.outputs as [CircuitDescriptor['outputs'][number]];
const refusal = (change: Partial<CircuitDescriptor>) =>
  refusalOf(() => compileDescribed(file, { ...descriptor, ...change }));

describe('the descriptor of a model', () => {
  it('fits its schema and says what was chosen', () => {
    expect(circuitDescriptor.parse(descriptor)).toEqual(descriptor);
    expect(descriptor).toMatchObject({
      ...{ version: 1, compiler: COMPILER, modelHash: HASH, constraints: 99 },
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 2], scaleLog2: [-1], zeroPoint: 0 }],
      outputs: [{ name: 'logits', datatype: 'INT32', shape: [1, 2] }],
      post: [{ op: 'Softmax', from: 'logits', name: 'y' }],
    });
    expect(descriptor.activations).toHaveLength(1);
  });

  it('gives the same model again with the file, without ranges and samples', () => {
    const again = compileDescribed(file, descriptor);
    expect(again).toEqual(model);
    expect(runIntegerModel(again, [[3, 200]]).outputs).toEqual(runIntegerModel(model, [[3, 200]]).outputs);
    // What is stated counts, also where another choice would be finer; then it is another descriptor.
    const coarse = compileIntegerModel(file, { stated: { inputs: [input], activations: [3] } });
    expect(coarse.layers.map(({ scaleLog2 }) => scaleLog2)).toEqual([3]);
  });

  it.each<[string, Partial<CircuitDescriptor>, RegExp]>([
    ['an input of another name', { inputs: [{ ...input, name: 'z' }] }, /"x" is not in its descriptor/],
    ['an input of another shape', { inputs: [{ ...input, shape: [2] }] }, /another shape in its descriptor/],
    [
      'a scale too many',
      { inputs: [{ ...input, scaleLog2: [0, 0, 0] }] },
      /not one scale in its descriptor, and not 2/,
    ],
    ['a layer less', { activations: [] }, /is a layer more than its descriptor has scales for/],
    [
      'a layer more',
      { activations: [...descriptor.activations, 0] },
      /does not give the model of its descriptor/,
    ],
    ['another compiler', { compiler: 'touchstone-integer/2' }, /does not give the model of its descriptor/],
    [
      'another output',
      { outputs: [{ ...output, scaleLog2: 0 }] },
      /does not give the model of its descriptor/,
    ],
    ['another op after the proof', { post: [] }, /does not give the model of its descriptor/],
  ])('is refused with %s', (_name, change, why) => {
    expect(refusal(change)).toMatch(why);
  });
});

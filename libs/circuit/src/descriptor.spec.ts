import { describe, expect, it } from '@jest/globals';
import { circuitDescriptor } from '@touchstone/contracts';
import type { IntegerModel } from '@touchstone/integer-model';
import { descriptorOf } from './descriptor.js';

const rows = {
  offsets: Uint32Array.of(0, 2),
  wires: Uint32Array.of(0, 1),
  weights: Int32Array.of(3, -1),
  biases: Int32Array.of(5),
};
const model: IntegerModel = {
  inputs: [{ name: 'x', shape: [1, 2], datatype: 'UINT8', scaleLog2: [-3, -2], zeroPoint: 7 }],
  layers: [],
  outputs: [{ name: 'y', shape: [1, 1], datatype: 'INT32', scaleLog2: -9, rows }],
  post: [{ op: 'Softmax', from: 'y', name: 'p' }],
};

describe('the descriptor of a model', () => {
  it('says what its public signals mean, and nothing of its weights', () => {
    const descriptor = descriptorOf(model, 'ab'.repeat(32), 12);
    expect(circuitDescriptor.parse(descriptor)).toEqual({
      ...{ version: 1, compiler: 'touchstone-integer/1', modelHash: 'ab'.repeat(32), constraints: 12 },
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 2], scaleLog2: [-3, -2], zeroPoint: 7 }],
      outputs: [{ name: 'y', datatype: 'INT32', shape: [1, 1], scaleLog2: -9 }],
      post: [{ op: 'Softmax', from: 'y', name: 'p' }],
    });
  });
});

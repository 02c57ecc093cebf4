import type { CircuitOptions } from '@touchstone/contracts/circuit';
import { onnxModel, onnxTensor } from '@touchstone/testing';

/**
 * max(0, x0 − 2·x1 + shift) for bytes x0 and x1: a circuit so small that its keys are made in a second. The keys of `test/files` are
 * for shift 1.
 */
export function tinyModel(shift = 1): Uint8Array {
  return onnxModel({
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['sum'] },
      { op: 'Relu', inputs: ['sum'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', shape: [1, 2] }],
    outputs: [{ name: 'y', shape: [1, 1] }],
    initializers: [onnxTensor('w', [2, 1], [1, -2]), onnxTensor('b', [1], [shift])],
  });
}

/** Bytes as they are: a scale of one. */
export const tinyOptions: CircuitOptions = { version: 1, ranges: { x: { minimum: 0, maximum: 255 } } };

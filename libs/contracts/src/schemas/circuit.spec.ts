import { describe, expect, it } from '@jest/globals';
import {
  CIRCUIT_COMPILER,
  CIRCUIT_CONSTRAINTS_MAX,
  CIRCUIT_ELEMENTS_MAX,
  CIRCUIT_SAMPLES_MAX,
  CIRCUIT_SCALE_LOG2_MAX,
  circuitDescriptor,
  circuitOptions,
  type CircuitDescriptor,
} from './circuit.js';

const input = { name: 'x', datatype: 'UINT8', shape: [1, 4], scaleLog2: [-3], zeroPoint: 0 } as const;
const output = { name: 'y', datatype: 'INT32', shape: [1, 2], scaleLog2: -9 } as const;
const descriptor: CircuitDescriptor = {
  version: 1,
  compiler: CIRCUIT_COMPILER,
  modelHash: 'ab'.repeat(32),
  inputs: [input],
  outputs: [output],
  post: [{ op: 'Softmax', from: 'y', name: 'p' }],
  constraints: 12,
};
const isTaken = (value: unknown): boolean => circuitDescriptor.safeParse(value).success;

describe('a circuit descriptor', () => {
  it('is taken as it is, and with no other member', () => {
    expect(circuitDescriptor.parse(descriptor)).toEqual(descriptor);
    expect(isTaken({ ...descriptor, weights: [] })).toBe(false);
    expect(isTaken({ ...descriptor, inputs: [{ ...input, secret: true }] })).toBe(false);
  });

  it.each([
    ['another version', { version: 2 }],
    ['another compiler', { compiler: 'touchstone-integer/2' }],
    ['no inputs', { inputs: [] }],
    ['no outputs', { outputs: [] }],
    ['floats', { inputs: [{ ...input, datatype: 'FP32' }] }],
    ['an open dimension', { inputs: [{ ...input, shape: [-1] }] }],
    ['scales of another number', { inputs: [{ ...input, scaleLog2: [0, 0] }] }],
    ['another post-processing', { post: [{ op: 'Exp', from: 'y', name: 'p' }] }],
  ])('with %s is refused', (_, part) => {
    expect(isTaken({ ...descriptor, ...part })).toBe(false);
  });

  it('has up to CIRCUIT_ELEMENTS_MAX elements in a tensor, each with a scale, not one more', () => {
    const withElements = (count: number) => ({
      ...descriptor,
      inputs: [{ ...input, shape: [count], scaleLog2: Array<number>(count).fill(0) }],
    });
    expect(isTaken(withElements(CIRCUIT_ELEMENTS_MAX))).toBe(true);
    expect(isTaken(withElements(CIRCUIT_ELEMENTS_MAX + 1))).toBe(false);
    expect(isTaken({ ...descriptor, outputs: [{ ...output, shape: [2, CIRCUIT_ELEMENTS_MAX] }] })).toBe(
      false,
    );
  });

  it('has up to CIRCUIT_CONSTRAINTS_MAX constraints, not one more', () => {
    expect(isTaken({ ...descriptor, constraints: CIRCUIT_CONSTRAINTS_MAX })).toBe(true);
    expect(isTaken({ ...descriptor, constraints: CIRCUIT_CONSTRAINTS_MAX + 1 })).toBe(false);
  });

  it('has scales from 2^-CIRCUIT_SCALE_LOG2_MAX to 2^CIRCUIT_SCALE_LOG2_MAX', () => {
    for (const sign of [-1, 1]) {
      const scaled = (size: number) => ({ ...descriptor, outputs: [{ ...output, scaleLog2: sign * size }] });
      expect(isTaken(scaled(CIRCUIT_SCALE_LOG2_MAX))).toBe(true);
      expect(isTaken(scaled(CIRCUIT_SCALE_LOG2_MAX + 1))).toBe(false);
    }
  });
});

describe('the options of a circuit', () => {
  it('have up to CIRCUIT_SAMPLES_MAX samples, not one more', () => {
    const withSamples = (count: number) => ({ version: 1, samples: Array(count).fill({ x: [1] }) });
    expect(circuitOptions.safeParse(withSamples(CIRCUIT_SAMPLES_MAX)).success).toBe(true);
    expect(circuitOptions.safeParse(withSamples(CIRCUIT_SAMPLES_MAX + 1)).success).toBe(false);
  });

  it('take a range by the name of its input and refuse other members', () => {
    const options = { version: 1, ranges: { x: { minimum: 0, maximum: 16 } } };
    expect(circuitOptions.safeParse(options).success).toBe(true);
    expect(circuitOptions.safeParse({ ...options, ranges: { x: { mean: 3 } } }).success).toBe(false);
    expect(circuitOptions.safeParse({ ...options, seed: 1 }).success).toBe(false);
  });
});

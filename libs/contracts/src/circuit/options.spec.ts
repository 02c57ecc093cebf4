import { describe, expect, it } from '@jest/globals';
import { CIRCUIT_SAMPLES_MAX, circuitOptions } from './options.js';
import { CIRCUIT_SIGNALS_MAX, CIRCUIT_TENSORS_MAX } from './descriptor.js';

const isTaken = (value: object): boolean => circuitOptions.safeParse({ version: 1, ...value }).success;

describe('the options of a circuit', () => {
  it('take a range by the name of its input and refuse other members', () => {
    expect(isTaken({ ranges: { x: { minimum: 0, maximum: 16 } } })).toBe(true);
    expect(isTaken({ ranges: { x: { mean: 3 } } })).toBe(false);
    expect(isTaken({ seed: 1 })).toBe(false);
    expect(isTaken({ version: 2 })).toBe(false);
  });

  it('have up to CIRCUIT_SAMPLES_MAX samples, not one more', () => {
    const samples = (count: number) => Array(count).fill({ x: [1] });
    expect(isTaken({ samples: samples(CIRCUIT_SAMPLES_MAX) })).toBe(true);
    expect(isTaken({ samples: samples(CIRCUIT_SAMPLES_MAX + 1) })).toBe(false);
  });

  it('have up to CIRCUIT_TENSORS_MAX ranges and rows of CIRCUIT_SIGNALS_MAX elements, not one more', () => {
    const ranges = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, {}]));
    expect(isTaken({ ranges: ranges(CIRCUIT_TENSORS_MAX) })).toBe(true);
    expect(isTaken({ ranges: ranges(CIRCUIT_TENSORS_MAX + 1) })).toBe(false);
    const row = (elements: number) => [{ x: Array(elements).fill(1) }];
    expect(isTaken({ samples: row(CIRCUIT_SIGNALS_MAX) })).toBe(true);
    expect(isTaken({ samples: row(CIRCUIT_SIGNALS_MAX + 1) })).toBe(false);
  });

  it('state all scales, or have ranges and samples, not both', () => {
    const stated = {
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [1], scaleLog2: [0], zeroPoint: 0 }],
      activations: [0],
    };
    expect(isTaken({ stated })).toBe(true);
    expect(isTaken({ stated, ranges: {} })).toBe(false);
    expect(isTaken({ stated, samples: [] })).toBe(false);
    expect(isTaken({ stated: { ...stated, outputs: [] } })).toBe(false);
  });
});

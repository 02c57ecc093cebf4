import { describe, expect, it } from '@jest/globals';
import { CIRCUIT_SIGNALS_MAX, CIRCUIT_TENSORS_MAX } from './descriptor.js';
import { circuitDeviation, DEVIATION_SAMPLES_MAX } from './deviation.js';

const output = { name: 'y', elements: 10, largestDifference: 0.1, agreement: 1 };
const report = {
  version: 1,
  modelHash: '0a'.repeat(32),
  vkDigest: '0b'.repeat(32),
  samples: { sha256: '0c'.repeat(32), count: 360 },
  tolerance: 0.01,
  runtime: { name: 'onnxruntime-node 1', processor: 'a processor' },
  outputs: [output],
  agreement: 0.99,
};
const isTaken = (part: object): boolean => circuitDeviation.safeParse({ ...report, ...part }).success;
const outputs = (count: number) => ({ outputs: Array(count).fill(output) });

describe('the report of a deviation', () => {
  it('has shares, with accuracies of both or of neither', () => {
    expect(isTaken({})).toBe(true);
    expect(isTaken({ accuracy: { float: 1, integer: 0 } })).toBe(true);
    expect(isTaken({ accuracy: { float: 1 } })).toBe(false);
    for (const agreement of [-0.01, 1.01, null]) expect(isTaken({ agreement })).toBe(false);
    expect(isTaken({ version: 2 })).toBe(false);
    expect(isTaken({ praise: 'none' })).toBe(false);
  });

  it('has from one to DEVIATION_SAMPLES_MAX samples, not one more', () => {
    const samples = (count: number) => ({ samples: { ...report.samples, count } });
    expect([0, 1, DEVIATION_SAMPLES_MAX, DEVIATION_SAMPLES_MAX + 1].map((n) => isTaken(samples(n)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('has from one to CIRCUIT_TENSORS_MAX outputs of CIRCUIT_SIGNALS_MAX elements, not one more', () => {
    expect([0, CIRCUIT_TENSORS_MAX, CIRCUIT_TENSORS_MAX + 1].map((n) => isTaken(outputs(n)))).toEqual([
      false,
      true,
      false,
    ]);
    const elements = (count: number) => ({ outputs: [{ ...output, elements: count }] });
    expect(isTaken(elements(CIRCUIT_SIGNALS_MAX))).toBe(true);
    expect(isTaken(elements(CIRCUIT_SIGNALS_MAX + 1))).toBe(false);
  });
});

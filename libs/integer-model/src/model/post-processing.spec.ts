import { describe, expect, it } from '@jest/globals';
import { postProcessed } from './post-processing.js';

describe('what is computed after a proof', () => {
  it('is softmax along the last axis, however large the numbers', () => {
    const [first = 0, second = 0, ...other] = postProcessed('Softmax', [1_000, 1_000 + Math.log(3), 0, 0], 2);
    expect(first).toBeCloseTo(0.25, 12);
    expect(second).toBeCloseTo(0.75, 12);
    expect(other).toEqual([0.5, 0.5]);
  });

  it('is the sigmoid of each number', () => {
    expect([...postProcessed('Sigmoid', [0, Math.log(3), -1_000, 1_000], 4)]).toEqual([
      0.5,
      expect.closeTo(0.75, 12),
      0,
      1,
    ]);
  });

  it('is the place of the largest number of each row, the first of equal ones', () => {
    expect([...postProcessed('ArgMax', [1, 3, 3, -5, -7, -6], 3)]).toEqual([1, 0]);
  });
});

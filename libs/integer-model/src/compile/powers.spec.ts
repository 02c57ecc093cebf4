import { describe, expect, it } from '@jest/globals';
import { ceilLog2, exactLog2, lowestBitLog2 } from './powers.js';

const EXPONENTS = [-1074, -1023, -1022, -53, -1, 0, 1, 52, 53, 1023];

describe('powers of two', () => {
  it.each(EXPONENTS)('2^%d is found exactly', (exponent) => {
    const value = 2 ** exponent;
    expect([lowestBitLog2(value), lowestBitLog2(-value), exactLog2(value), ceilLog2(value)]).toEqual([
      ...[exponent, exponent, exponent, exponent],
    ]);
  });

  it.each([-1000, -3, 0, 40, 1000])('just above and below 2^%d are told from it', (exponent) => {
    const [above, below] = [2 ** exponent * (1 + 2 ** -52), 2 ** exponent * (1 - 2 ** -53)];
    expect([ceilLog2(above), ceilLog2(below)]).toEqual([exponent + 1, exponent]);
    expect([exactLog2(above), exactLog2(below)]).toEqual([undefined, undefined]);
    expect([lowestBitLog2(above), lowestBitLog2(below)]).toEqual([exponent - 52, exponent - 53]);
  });

  it.each([0, -1, NaN, Infinity])('%d is none', (value) => {
    expect(exactLog2(value)).toBeUndefined();
  });

  it('the lowest bit of several', () => {
    expect([12, 0.75, 2 ** 40 + 2 ** 33].map(lowestBitLog2)).toEqual([2, -2, 33]);
  });
});

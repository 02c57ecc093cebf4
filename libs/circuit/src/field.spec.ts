import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { power } from '../test/solutions.js';
import { FIELD_ORDER, inverse, toField } from './field.js';

describe('toField', () => {
  it.each<[number | bigint, bigint]>([
    [0, 0n],
    [5, 5n],
    [-1, FIELD_ORDER - 1n],
    [FIELD_ORDER, 0n],
    [FIELD_ORDER + 2n, 2n],
    [-FIELD_ORDER, 0n],
    [-FIELD_ORDER - 1n, FIELD_ORDER - 1n],
  ])('of %s', (value, element) => {
    expect(toField(value)).toBe(element);
  });
});

describe('inverse', () => {
  it('is what a value must be multiplied by to be 1', () => {
    const value = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).filter((one) => one !== 0);
    fc.assert(
      fc.property(value, (one) => {
        expect(toField(inverse(one) * BigInt(one))).toBe(1n);
      }),
    );
  });

  it.each([1, -1, 2, -2, 2 ** 26, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    'of %d is that of Fermat',
    (value) => {
      expect(inverse(value)).toBe(power(toField(value), FIELD_ORDER - 2n));
    },
  );
});

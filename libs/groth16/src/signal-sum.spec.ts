import { bn254 } from '@noble/curves/bn254.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { g1 } from '../test/trapdoor.js';
import { signalSum } from './signal-sum.js';

const r = bn254.fields.Fr.ORDER;
const signal = fc.oneof(
  fc.bigInt({ min: 0n, max: 256n }),
  fc.bigInt({ min: 1n, max: 2n ** 31n }).map((value) => r - value),
  fc.bigInt({ min: 0n, max: 2n ** 248n }),
  fc.bigInt({ min: 0n, max: r - 1n }),
  fc.constantFrom(0n, 1n, 255n, 256n, r - 1n, r - 255n, r - 256n, r / 2n, r / 2n + 1n),
);

/** IC[i] is (i + 3) times the generator, so that the sum is known without adding points. */
const points = Array.from({ length: 301 }, (_, index) => g1(BigInt(index + 3)));

function expectSum(signals: readonly bigint[]): void {
  const ic = points.slice(0, signals.length + 1);
  const expected = signals.reduce((sum, value, index) => sum + value * BigInt(index + 4), 3n);
  expect(signalSum(ic, signals).equals(g1(expected))).toBe(true);
}

describe('the sum of IC', () => {
  it('is that of scalars for a few signals of any size', () => {
    fc.assert(fc.property(fc.array(signal, { maxLength: 12 }), expectSum), { numRuns: 60 });
  });

  it('is that of scalars for many signals of any size', () => {
    fc.assert(fc.property(fc.array(signal, { minLength: 150, maxLength: 200 }), expectSum), { numRuns: 10 });
  });

  it('is that of scalars for bytes alone, and for one byte many times', () => {
    expectSum(Array.from({ length: 300 }, (_, index) => BigInt(index % 256)));
    expectSum(Array.from({ length: 100 }, () => 200n));
    expectSum(Array.from({ length: 100 }, () => 0n));
  });
});

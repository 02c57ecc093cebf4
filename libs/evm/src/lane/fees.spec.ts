import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chooseFees, gasLimit, raiseFees } from './fees.js';

const cap = 1_000n;

describe('fees', () => {
  it('leave room for a base fee that doubles', () => {
    expect(chooseFees({ baseFeePerGas: 100n, priorityFeePerGas: 7n }, cap)).toEqual({
      maxFeePerGas: 207n,
      maxPriorityFeePerGas: 7n,
    });
  });

  it('never exceed the cap', () => {
    expect(chooseFees({ baseFeePerGas: 999n, priorityFeePerGas: 5_000n }, cap)).toEqual({
      maxFeePerGas: cap,
      maxPriorityFeePerGas: cap,
    });
  });

  it('are not chosen while the chain asks for the cap or more', () => {
    for (const baseFeePerGas of [cap, cap + 1n])
      expect(() => chooseFees({ baseFeePerGas, priorityFeePerGas: 0n }, cap)).toThrow(
        expect.objectContaining({ code: 'dependency-unavailable', retryable: true }),
      );
  });

  it('rise enough for every client or not at all, and never beyond the cap', () => {
    const wei = fc.bigInt({ min: 0n, max: 2_000n });
    fc.assert(
      fc.property(wei, wei, wei, wei, (maxFee, priority, baseFeePerGas, priorityFeePerGas) => {
        const before = { maxFeePerGas: maxFee, maxPriorityFeePerGas: priority < maxFee ? priority : maxFee };
        const raised = raiseFees(before, { baseFeePerGas, priorityFeePerGas }, cap);
        if (raised === undefined) {
          expect(cap * 100n).toBeLessThan(maxFee * 110n);
          return;
        }
        expect(raised.maxFeePerGas).toBeLessThanOrEqual(cap);
        expect(raised.maxPriorityFeePerGas).toBeLessThanOrEqual(raised.maxFeePerGas);
        expect(raised.maxFeePerGas * 100n).toBeGreaterThanOrEqual(before.maxFeePerGas * 110n);
        expect(raised.maxPriorityFeePerGas * 100n).toBeGreaterThanOrEqual(before.maxPriorityFeePerGas * 110n);
      }),
    );
  });

  it('cannot rise at the cap', () => {
    const before = { maxFeePerGas: 950n, maxPriorityFeePerGas: 10n };
    expect(raiseFees(before, { baseFeePerGas: 1n, priorityFeePerGas: 1n }, cap)).toBeUndefined();
  });
});

describe('the gas limit', () => {
  it.each([
    [46_000n, 57_500n],
    [100_000n, 125_000n],
    [150_000n, 150_000n],
  ])('of an estimate of %d is %d', (estimate, limit) => {
    expect(gasLimit(estimate, 150_000n)).toBe(limit);
  });

  it('is refused for an estimate above the maximum', () => {
    expect(() => gasLimit(150_001n, 150_000n)).toThrow(/150001 gas/);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { takeOne, type Allowance } from './allowance.js';

const NOW_MS = Date.UTC(2026, 0, 1);
const allowance: Allowance = { max: 3, refillMs: 1_000 };

/** Takes at each time; true where one was left. */
function takeAll(of: Allowance, timesMs: readonly number[]): boolean[] {
  let refilledAtMs = 0;
  return timesMs.map((nowMs) => {
    const taken = takeOne(of, refilledAtMs, nowMs);
    if ('waitMs' in taken) return false;
    refilledAtMs = taken.refilledAtMs;
    return true;
  });
}

describe('an allowance', () => {
  it('gives its maximum at once, and not one more', () => {
    expect(takeAll(allowance, [NOW_MS, NOW_MS, NOW_MS, NOW_MS])).toEqual([true, true, true, false]);
  });

  it('gives one more after each refill, and says how long that takes', () => {
    const times = [0, 0, 0, 999, 1_000, 1_999, 2_000].map((ms) => NOW_MS + ms);
    expect(takeAll(allowance, times)).toEqual([true, true, true, false, true, false, true]);
    expect(takeOne(allowance, NOW_MS + 3_000, NOW_MS + 400)).toEqual({ waitMs: 600 });
  });

  it('starts again when the clock was set back by more than all of it', () => {
    expect(takeOne(allowance, NOW_MS + 3_001, NOW_MS)).toEqual({ refilledAtMs: NOW_MS + 1_000 });
    expect(takeOne(allowance, NOW_MS + 3_000, NOW_MS)).toEqual({ waitMs: 1_000 });
  });

  it('never gives more than its maximum and what was refilled, in any span of time', () => {
    const gaps = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(gaps, (pauses) => {
        let nowMs = NOW_MS;
        const times = pauses.map((pauseMs) => (nowMs += pauseMs));
        const taken = takeAll(allowance, times);
        const given = times.filter((_time, index) => taken[index]);
        for (const [first, from] of given.entries())
          for (const [last, to] of given.entries())
            if (last >= first)
              expect(last - first + 1).toBeLessThanOrEqual(
                allowance.max + Math.floor((to - from) / allowance.refillMs),
              );
      }),
    );
  });
});

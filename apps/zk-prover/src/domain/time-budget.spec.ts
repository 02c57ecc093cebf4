import { describe, expect, it } from '@jest/globals';
import { TimeBudget } from './time-budget.js';

describe('a time budget', () => {
  it('runs out', () => {
    let nowMs = 1_000;
    const budget = new TimeBudget(100, undefined, () => nowMs);
    nowMs = 1_099;
    expect(budget.remainingMs).toBe(1);
    expect(() => budget.require()).not.toThrow();
    nowMs = 1_100;
    expect(() => budget.require()).toThrow('not done within 100 ms');
    nowMs = 9_000;
    expect(budget.remainingMs).toBe(0);
  });

  it('gives a part of what is left', () => {
    let nowMs = 0;
    const budget = new TimeBudget(100, undefined, () => nowMs);
    nowMs = 20;
    const half = budget.share(0.5);
    expect(half.remainingMs).toBe(40);
    nowMs = 60;
    expect(() => half.require()).toThrow(expect.objectContaining({ code: 'deadline' }));
    expect(budget.remainingMs).toBe(40);
  });

  it('ends with its signal, as its parts do', () => {
    const abort = new AbortController();
    const budget = new TimeBudget(1_000, abort.signal);
    const part = budget.share(0.5);
    abort.abort();
    for (const one of [budget, part])
      expect(() => one.require()).toThrow(expect.objectContaining({ code: 'aborted' }));
  });
});

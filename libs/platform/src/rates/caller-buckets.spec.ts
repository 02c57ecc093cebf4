import { describe, expect, it } from '@jest/globals';
import { CallerBuckets, RATE_CALLERS_MAX } from './caller-buckets.js';

describe('CallerBuckets', () => {
  it('grants so many at once and refuses one more, with the seconds until the next', () => {
    const buckets = new CallerBuckets(3, 60_000);
    const taken = Array.from({ length: 4 }, () => buckets.take('a', 1_000));
    expect(taken).toEqual([
      { granted: true, left: 2, seconds: 20 },
      { granted: true, left: 1, seconds: 40 },
      { granted: true, left: 0, seconds: 60 },
      { granted: false, left: 0, seconds: 20 },
    ]);
  });

  it('grants the next when it said so, and not before', () => {
    const buckets = new CallerBuckets(3, 60_000);
    for (let count = 0; count < 3; count += 1) buckets.take('a', 0);
    expect(buckets.take('a', 19_999).granted).toBe(false);
    expect(buckets.take('a', 20_000).granted).toBe(true);
    expect(buckets.take('a', 20_000).granted).toBe(false);
  });

  it('does not punish who goes on asking', () => {
    const buckets = new CallerBuckets(1, 10_000);
    buckets.take('a', 0);
    for (let atMs = 1; atMs < 10_000; atMs += 100) expect(buckets.take('a', atMs).granted).toBe(false);
    expect(buckets.take('a', 10_000).granted).toBe(true);
  });

  it('gives no more than its size to who was away, and each caller his own', () => {
    const buckets = new CallerBuckets(2, 1_000);
    buckets.take('a', 0);
    const later = Array.from({ length: 3 }, () => buckets.take('a', 1e9).granted);
    expect(later).toEqual([true, true, false]);
    expect(buckets.take('b', 1e9).granted).toBe(true);
  });

  it(`remembers ${RATE_CALLERS_MAX} callers, and forgets who was seen longest ago for one more`, () => {
    const buckets = new CallerBuckets(1, 60_000);
    for (let caller = 0; caller < RATE_CALLERS_MAX; caller += 1) buckets.take(String(caller), 0);
    expect(buckets.take('0', 0).granted).toBe(false);
    expect(buckets.callers).toBe(RATE_CALLERS_MAX);
    buckets.take('one more', 0);
    expect(buckets.callers).toBe(RATE_CALLERS_MAX);
    expect(buckets.take('0', 0).granted).toBe(false);
    expect(buckets.take('1', 0).granted).toBe(true);
  });
});

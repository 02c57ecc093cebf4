import { describe, expect, it } from '@jest/globals';
import { CLOCK_SKEW_MAX_MS, freshnessOf, reportedSkew } from './freshness.js';

const node = {
  lastHeartbeat: { atMs: 1_000, tsUtc: '1970-01-01T00:00:01Z', clockSkewMs: 0 },
  staleSinceMs: null,
};

describe('freshnessOf', () => {
  it.each([
    ['at once', 1_000, 0, false],
    ['at the limit', 1_100, 100, false],
    ['one millisecond later', 1_101, 101, true],
    ['on a replica whose clock is behind', 900, 0, false],
  ])('%s', (_name, nowMs, ageMs, stale) => {
    expect(freshnessOf(node, nowMs, 100)).toEqual({ ageMs, stale });
  });

  it('takes a node for silent that another replica found so, whatever its own clock says', () => {
    expect(freshnessOf({ ...node, staleSinceMs: 1_100 }, 1_050, 100)).toEqual({ ageMs: 50, stale: true });
  });
});

describe('reportedSkew', () => {
  it.each([0, 1, -1, CLOCK_SKEW_MAX_MS, -CLOCK_SKEW_MAX_MS])('keeps quiet about %i ms', (skew) => {
    expect(reportedSkew(skew)).toBeNull();
  });

  it.each([CLOCK_SKEW_MAX_MS + 1, -CLOCK_SKEW_MAX_MS - 1])('tells %i ms', (skew) => {
    expect(reportedSkew(skew)).toBe(skew);
  });
});

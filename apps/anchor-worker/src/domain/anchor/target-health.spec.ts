import { describe, expect, it } from '@jest/globals';
import { Loop } from '@touchstone/work';
import {
  TARGET_BACKOFF_MAX_MS,
  TARGET_FAILURES_MAX,
  TargetHealth,
  TROUBLE_TOLD_MS,
} from './target-health.js';
import { ANCHOR_FAILURES_MAX } from './target-store.js';

const history = (failuresInRow: number) => ({
  ...{ lastCreatedAtMs: 0, failuresInRow, lastFailure: 'reverted', newEntries: 1n, waitingSinceMs: 0 },
  ...{ paid: [], openCostMax: 0n },
});

describe('the health of a target', () => {
  let nowMs = 0;
  const health = () => {
    nowMs = Date.parse('2026-11-29T10:00:00Z');
    return new TargetHealth('wei', () => nowMs);
  };

  it('opens with the last run too many, says since when and why the newest failed, and closes with one that works', () => {
    const one = health();
    for (let run = 1; run < TARGET_FAILURES_MAX; run += 1) {
      one.runFailed(new Error('away'));
      expect(one.trouble).toBeUndefined();
      nowMs += 1_000;
    }
    one.runFailed(new Error('still away'));
    expect(one.trouble).toBe('5 runs in a row failed since 2026-11-29T10:00:00.000Z: still away');
    one.runSucceeded();
    expect(one.trouble).toBeUndefined();
    one.runFailed(new Error('away'));
    expect(one.trouble).toBeUndefined();
  });

  it('is told for a while only, since another replica may have the turn', () => {
    const one = health();
    for (let run = 0; run < TARGET_FAILURES_MAX; run += 1) one.runFailed('away');
    nowMs += TROUBLE_TOLD_MS;
    expect(one.trouble).toContain('away');
    nowMs += 1;
    expect(one.trouble).toBeUndefined();
  });

  it('counts failed anchors, of whatever process', () => {
    const one = health();
    expect(one.decided(history(ANCHOR_FAILURES_MAX - 1), undefined)).toBeUndefined();
    expect(one.decided(history(ANCHOR_FAILURES_MAX), undefined)).toBe('The last 5 anchors failed: reverted');
    one.runSucceeded();
    expect(one.trouble).toContain('reverted');
    one.idle();
    expect(one.trouble).toBeUndefined();
  });

  it('says what of the budget is spent and when it goes on', () => {
    const one = health();
    const spent = { spent: 90n, openCostMax: 0n, costMax: 20n, costPerDayMax: 100n, waitMs: 60_000 };
    one.decided(history(0), spent);
    expect(one.trouble).toBe(
      'The target has spent 90 of 100 wei in 24 h; it goes on at 2026-11-29T10:01:00.000Z',
    );
    one.decided(history(0), { ...spent, openCostMax: 30n, costMax: 80n, waitMs: undefined });
    expect(one.trouble).toContain('open anchors may cost 30 more');
    one.decided(history(0), { ...spent, costMax: 101n, waitMs: undefined });
    expect(one.trouble).toContain('none is ever made');
    one.decided(history(0), undefined);
    expect(one.trouble).toBeUndefined();
  });
});

describe('the pauses of a target', () => {
  it('are those of every stage before the breaker opens, and grow to its longest afterwards', async () => {
    const pausesOf = async (backoffMaxMs?: number): Promise<number[]> => {
      const pauses: number[] = [];
      const real = globalThis.setTimeout;
      // The pauses are told and not waited for.
      globalThis.setTimeout = ((work: () => void) => real(work, 0)) as typeof setTimeout;
      try {
        await new Promise<void>((resolve) => {
          const loop = new Loop({
            run: () => Promise.reject(new Error('away')),
            pollMs: 1,
            random: () => 1,
            ...(backoffMaxMs === undefined ? {} : { backoffMaxMs }),
            onFailure: (_error, pauseMs) => {
              pauses.push(pauseMs);
              if (pauses.length === 12) void loop.stop().then(resolve);
            },
          });
          loop.start();
        });
      } finally {
        globalThis.setTimeout = real;
      }
      return pauses;
    };
    const [usual, patient] = [await pausesOf(), await pausesOf(TARGET_BACKOFF_MAX_MS)];
    expect(patient.slice(0, TARGET_FAILURES_MAX)).toEqual(usual.slice(0, TARGET_FAILURES_MAX));
    expect(patient.at(-1)).toBe(TARGET_BACKOFF_MAX_MS);
  });
});

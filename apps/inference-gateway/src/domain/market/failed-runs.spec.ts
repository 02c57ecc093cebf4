import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { FailedRuns } from './failed-runs.js';
import { sharesOf } from './usage.js';

describe('runs that failed', () => {
  it('are written in groups, and again when they could not be', async () => {
    const written: [string, number][][] = [];
    let isAway = true;
    const runs = new FailedRuns(
      (failed) => {
        if (isAway) return Promise.reject(new Error('away'));
        written.push([...failed]);
        return Promise.resolve();
      },
      () => 0,
    );
    await runs.flush();
    runs.note('a', new AppError('inference-failed', 'x'));
    runs.note('a', new AppError('timeout', 'x'));
    runs.note('b', new AppError('timeout', 'x'));
    for (const other of [
      new AppError('queue-full', 'x'),
      new AppError('tensor-invalid', 'x'),
      new Error('x'),
    ])
      runs.note('b', other);
    await expect(runs.flush()).rejects.toThrow('away');
    runs.note('a', new AppError('timeout', 'x'));
    isAway = false;
    await runs.flush();
    await runs.flush();
    expect(written).toEqual([
      [
        ['a', 3],
        ['b', 1],
      ],
    ]);
  });
});

describe('shares', () => {
  it.each([
    [10_000n, 7_000, 7_000n],
    [1n, 9_999, 0n],
    [3n, 5_000, 1n],
    [10n ** 30n + 1n, 3_333, 333_300_000_000_000_000_000_000_000_000n],
    [7n, 10_000, 7n],
    [7n, 0, 0n],
  ])('of %s at %s basis points are %s and the rest', (charged, bps, developer) => {
    const { developerShareAtomic, platformShareAtomic } = sharesOf(charged, bps);
    expect(developerShareAtomic).toBe(developer);
    expect(developerShareAtomic + platformShareAtomic).toBe(charged);
  });
});

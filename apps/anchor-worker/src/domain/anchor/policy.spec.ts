import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ANCHOR_WAIT_DEFAULT_MAX_MS,
  BUDGET_WINDOW_MS,
  FAILED_SPACING_FIRST_MS,
  FAILED_SPACING_MAX_MS,
  mayAnchor,
  withinBudget,
  type AnchorHistory,
  type AnchorPolicy,
} from './policy.js';

const NOW_MS = 1_800_000_000_000;

const quiet: AnchorHistory = {
  lastCreatedAtMs: undefined,
  failuresInRow: 0,
  lastFailure: undefined,
  newEntries: 1n,
  waitingSinceMs: NOW_MS,
  paid: [],
  openCostMax: 0n,
};

const decide = (
  history: Partial<AnchorHistory>,
  policy: Partial<AnchorPolicy> = {},
  { jitter = 1, costMax = 1n }: { jitter?: number; costMax?: bigint } = {},
) => mayAnchor({ ...quiet, ...history }, { spacingMs: 10, ...policy }, { nowMs: NOW_MS, jitter, costMax });

describe('the pause between two anchors', () => {
  it.each([
    [0, 1, 10],
    [1, 1, FAILED_SPACING_FIRST_MS],
    [1, 0, FAILED_SPACING_FIRST_MS / 2],
    [7, 1, 64 * FAILED_SPACING_FIRST_MS],
    [8, 1, FAILED_SPACING_MAX_MS],
    [8, 0, FAILED_SPACING_MAX_MS / 2],
    [100, 1, FAILED_SPACING_MAX_MS],
  ])('is after %d failures in a row with jitter %d: %d ms', (failuresInRow, jitter, pauseMs) => {
    const reason = failuresInRow === 0 ? 'spacing' : 'failures';
    const made = (agoMs: number) =>
      decide({ lastCreatedAtMs: NOW_MS - agoMs, failuresInRow }, {}, { jitter });
    expect(made(0)).toEqual({ kind: 'wait', waitMs: pauseMs, reason });
    expect(made(pauseMs - 1)).toEqual({ kind: 'wait', waitMs: 1, reason });
    expect(made(pauseMs)).toEqual({ kind: 'now' });
  });

  it('is none after an anchor of a wrong clock', () => {
    expect(decide({ lastCreatedAtMs: NOW_MS + 1, failuresInRow: 9 })).toEqual({ kind: 'now' });
  });
});

describe('the fewest entries', () => {
  const few = (newEntries: bigint, waitedMs: number, policy: Partial<AnchorPolicy> = {}) =>
    decide({ newEntries, waitingSinceMs: NOW_MS - waitedMs }, { minEntries: 5, ...policy });

  it('are waited for, and not a millisecond longer than the longest wait', () => {
    expect(few(5n, 0)).toEqual({ kind: 'now' });
    expect(few(4n, 0)).toEqual({ kind: 'wait', waitMs: ANCHOR_WAIT_DEFAULT_MAX_MS, reason: 'entries' });
    expect(few(4n, 7_999, { maxWaitMs: 8_000 })).toEqual({ kind: 'wait', waitMs: 1, reason: 'entries' });
    expect(few(4n, 8_000, { maxWaitMs: 8_000 })).toEqual({ kind: 'now' });
  });

  it('are one where nothing is set, and are not waited for by a wrong clock', () => {
    expect(decide({ newEntries: 1n })).toEqual({ kind: 'now' });
    expect(few(1n, -1)).toEqual({ kind: 'now' });
  });
});

describe('the budget of a day', () => {
  const paid = [
    { ageMs: BUDGET_WINDOW_MS, cost: 100n },
    { ageMs: BUDGET_WINDOW_MS - 1, cost: 3n },
    { ageMs: 1_000, cost: 4n },
  ];

  it('may be used up and not passed by one unit, open anchors at their worst included', () => {
    const history = { ...quiet, paid, openCostMax: 2n };
    expect(withinBudget(history, { spacingMs: 0, costPerDayMax: 10n }, 1n)).toEqual({ kind: 'now' });
    expect(withinBudget(history, { spacingMs: 0, costPerDayMax: 10n }, 2n)).toEqual({
      ...{ kind: 'spent', spent: 7n, openCostMax: 2n, costMax: 2n, costPerDayMax: 10n, waitMs: 1 },
    });
    // The three that leave first make too little room.
    expect(withinBudget(history, { spacingMs: 0, costPerDayMax: 10n }, 5n)).toMatchObject({
      waitMs: BUDGET_WINDOW_MS - 1_000,
    });
    expect(withinBudget(history, { spacingMs: 0 }, 10n ** 30n)).toEqual({ kind: 'now' });
  });

  it('names no time where time alone makes no room', () => {
    const history = { ...quiet, paid, openCostMax: 10n };
    expect(withinBudget(history, { spacingMs: 0, costPerDayMax: 10n }, 1n)).toMatchObject({
      kind: 'spent',
      waitMs: undefined,
    });
  });

  it('is passed in no 24 hours of any life of a target, and what has room again goes on', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: BUDGET_WINDOW_MS / 3 }),
      costMax: fc.bigInt({ min: 1n, max: 40n }),
      /** Percent of the worst that it costs in the end. */
      share: fc.integer({ min: 0, max: 100 }),
      settlesAfter: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 100n }), fc.array(step, { maxLength: 60 }), (budget, steps) => {
        let nowMs = 0;
        let open: { costMax: bigint; cost: bigint; left: number }[] = [];
        const paid: { atMs: number; cost: bigint }[] = [];
        for (const { afterMs, costMax, share, settlesAfter } of steps) {
          nowMs += afterMs;
          for (const one of open) one.left -= 1;
          for (const { cost } of open.filter(({ left }) => left <= 0)) paid.push({ atMs: nowMs, cost });
          open = open.filter(({ left }) => left > 0);
          const history = {
            ...quiet,
            paid: paid.map(({ atMs, cost }) => ({ ageMs: nowMs - atMs, cost })),
            openCostMax: open.reduce((sum, one) => sum + one.costMax, 0n),
          };
          const policy = { spacingMs: 0, costPerDayMax: budget };
          const decision = withinBudget(history, policy, costMax);
          if (decision.kind === 'now')
            open.push({ costMax, cost: (costMax * BigInt(share)) / 100n, left: settlesAfter });
          else if (decision.kind === 'spent' && decision.waitMs !== undefined) {
            const { waitMs } = decision;
            const later = history.paid.map(({ ageMs, cost }) => ({ ageMs: ageMs + waitMs, cost }));
            expect(withinBudget({ ...history, paid: later }, policy, costMax).kind).toBe('now');
            const before = history.paid.map(({ ageMs, cost }) => ({ ageMs: ageMs + waitMs - 1, cost }));
            expect(withinBudget({ ...history, paid: before }, policy, costMax).kind).toBe('spent');
          }
        }
        for (const { atMs } of paid) {
          const window = paid.filter((one) => one.atMs > atMs - BUDGET_WINDOW_MS && one.atMs <= atMs);
          expect(window.reduce((sum, { cost }) => sum + cost, 0n) <= budget).toBe(true);
        }
      }),
    );
  });
});

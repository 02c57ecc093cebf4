import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dueBatches, type PendingLeaves } from './due-batches.js';

const policy = { intervalMs: 1_000, batchMax: 10 };
const leaves = (modelVersionId: string, count: number, oldestAgeMs: number): PendingLeaves => ({
  modelVersionId,
  count,
  oldestAgeMs,
});

describe('deciding which model versions get a batch', () => {
  it.each([
    ['nothing waits', [], [], undefined],
    ['one below the size and young', [leaves('a', 9, 999)], [], 1],
    ['exactly the size', [leaves('a', 10, 0)], ['a'], undefined],
    ['exactly the age', [leaves('a', 1, 1_000)], ['a'], undefined],
    ['the longest waiting first', [leaves('a', 10, 5), leaves('b', 1, 2_000)], ['b', 'a'], undefined],
    ['the others later', [leaves('a', 10, 5), leaves('b', 3, 400), leaves('c', 1, 700)], ['a'], 300],
  ] as const)('%s', (_what, pending, due, waitMs) => {
    expect(dueBatches(pending, policy)).toMatchObject({ due, waitMs });
  });

  it('names the most leaves that wait for a batch and are not due', () => {
    expect(dueBatches([leaves('a', 3, 0), leaves('b', 7, 0), leaves('c', 10, 0)], policy).largest).toBe(7);
    expect(dueBatches([], policy).largest).toBe(0);
  });

  it('either seals a model version or names a time that is not in the past', () => {
    const pending = fc.array(
      fc.record({
        modelVersionId: fc.uuid(),
        count: fc.integer({ min: 1, max: 10 }),
        oldestAgeMs: fc.double({ min: 0, max: 3_000, noNaN: true }),
      }),
    );
    fc.assert(
      fc.property(pending, (given) => {
        const { due, waitMs } = dueBatches(given, policy);
        expect(due.length === given.length).toBe(waitMs === undefined);
        if (waitMs !== undefined) expect(waitMs).toBeGreaterThan(0);
      }),
    );
  });
});

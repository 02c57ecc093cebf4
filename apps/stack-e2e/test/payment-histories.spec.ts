import { afterEach, beforeEach, describe, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Ending } from './histories/ending.js';
import { history } from './histories/history.js';
import { HistoryRun } from './histories/history-run.js';

/**
 * Histories in one run; `npm run test:histories` walks 20,000. Set HISTORY_SEED and HISTORY_PATH to what a failure prints
 * to see it again.
 */
const RUNS = Number(process.env['HISTORY_RUNS'] ?? 1_000);
const TIMEOUT_MS = 300_000;
const seed = process.env['HISTORY_SEED'];
const path = process.env['HISTORY_PATH'];

describe('a paid inference through any history of requests, crashes, faults and chain events', () => {
  // A lease that is renewed while a process is stopped would keep its timer for ever.
  beforeEach(() => {
    // Thousands of histories are refused thousands of times; the stacks of those errors are most of their time.
    Error.stackTraceLimit = 2;
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance', 'Date', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it(
    'charges once, answers what is paid, and says nothing about money that is not so',
    async () => {
      await fc.assert(
        fc.asyncProperty(history, async ({ means, steps, thirdPartyAtTheEnd }) => {
          const run = new HistoryRun(means);
          for (const step of steps) {
            await run.apply(step);
            run.check();
          }
          await new Ending(run).leaveAlone(thirdPartyAtTheEnd);
          jest.clearAllTimers();
        }),
        {
          numRuns: RUNS,
          ...(seed === undefined ? {} : { seed: Number(seed) }),
          ...(path === undefined ? {} : { path }),
        },
      );
    },
    TIMEOUT_MS,
  );
});

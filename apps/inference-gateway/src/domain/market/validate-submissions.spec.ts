import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { memoryModelFiles as files, storedFile } from '../../../test/support/model-on-disk.js';
import type { ClaimedSubmission, Verdict } from './submission.js';
import {
  ValidateSubmissions,
  VALIDATION_LEASE_MS,
  VALIDATION_PAUSE_MS,
  VALIDATION_STRIKES_MAX,
} from './validate-submissions.js';

const stored = storedFile(new Uint8Array([1, 2, 3]));
const NOW = 1_000_000;

/** One submission whose trial ends as it is told. */
function scene(trial: () => Promise<never>, change: Partial<ClaimedSubmission> = {}) {
  const calls: unknown[] = [];
  const submission = {
    ...{ id: 'one', modelSha256: stored.sha256, strikes: 1, developer: 'nobody' },
    testCases: new TextEncoder().encode(
      JSON.stringify(
        [1, 2, 3].map(() => ({
          inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }],
          outputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }],
        })),
      ),
    ),
    ...change,
  } as unknown as ClaimedSubmission;
  const waiting = [submission];
  const store = {
    claim: (claim: string, nowMs: number, untilMs: number) => {
      calls.push(['claim', claim, untilMs - nowMs]);
      return Promise.resolve(waiting.shift());
    },
    renew: () => Promise.resolve(void calls.push(['renew'])),
    again: (id: string, _claim: string, notBeforeMs: number, isStrike: boolean) =>
      Promise.resolve(void calls.push(['again', id, notBeforeMs - NOW, isStrike])),
    decide: (id: string, _claim: string, verdict: Verdict) => {
      calls.push(['decide', id, verdict.state, 'reason' in verdict ? verdict.reason : '']);
      return Promise.resolve(true);
    },
    pieces: () => stored.pieces(),
  };
  const validate = new ValidateSubmissions({
    ...{ store, files, inspect: trial, nowMs: () => NOW, claim: 'mine' },
  });
  return { validate, calls: () => calls.slice(1) };
}

describe('a validation', () => {
  it('refuses what does not hold, in the words of the trial', async () => {
    const { validate, calls } = scene(() =>
      Promise.reject(new AppError('model-invalid', 'It does not run.')),
    );
    expect(await validate.run()).toBe(0);
    expect(calls()).toEqual([['decide', 'one', 'refused', 'It does not run.']]);
    expect(await validate.run()).toBeUndefined();
  });

  it.each([
    ['an outage', new AppError('dependency-unavailable', 'away'), false],
    ['a full queue', new AppError('queue-full', 'full'), false],
    ['anything else', new Error('a mistake of ours'), true],
  ])('is made again after %s, which is a strike: %#', async (_name, error, isStrike) => {
    const { validate, calls } = scene(() => Promise.reject(error));
    await expect(validate.run()).rejects.toBe(error);
    expect(calls()).toEqual([['again', 'one', VALIDATION_PAUSE_MS, isStrike]]);
  });

  it('refuses nobody for the end of its own process', async () => {
    const { validate, calls } = scene(() => {
      validate.stop();
      return Promise.reject(new AppError('model-invalid', 'Its process crashed.'));
    });
    await validate.run();
    expect(calls()).toEqual([['again', 'one', VALIDATION_PAUSE_MS, false]]);
    expect(await validate.run()).toBeUndefined();
  });

  it.each([
    [VALIDATION_STRIKES_MAX, 'tried'],
    [VALIDATION_STRIKES_MAX + 1, 'never came to an end'],
  ])('that is begun for the %i. time is %s', async (strikes, reason) => {
    const { validate, calls } = scene(() => Promise.reject(new AppError('model-invalid', 'tried')), {
      strikes,
    });
    await validate.run();
    expect(calls()).toEqual([['decide', 'one', 'refused', expect.stringContaining(reason)]]);
  });

  it.each([
    [
      'another file than the one that was signed',
      { modelSha256: 'ab'.repeat(32) },
      'not the one that was signed',
    ],
    ['test cases of another version', { testCases: new Uint8Array([1]) }, 'not taken by this version'],
  ])('refuses %s', async (_name, change, reason) => {
    const { validate, calls } = scene(() => Promise.reject(new Error('not reached')), change);
    await validate.run();
    expect(calls()).toEqual([['decide', 'one', 'refused', expect.stringContaining(reason)]]);
  });

  it('holds its lease while it runs, and no longer', async () => {
    const { validate, calls } = scene(async () => {
      await validate.renew();
      throw new AppError('model-invalid', 'x');
    });
    await validate.run();
    await validate.renew();
    expect(calls().filter((call) => JSON.stringify(call) === '["renew"]')).toHaveLength(1);
    expect(VALIDATION_LEASE_MS).toBeGreaterThan(VALIDATION_PAUSE_MS);
  });
});

/**
 * One run of a job at a time: whoever asks while it runs waits for the same end, also for the same failure, and the next to ask
 * starts it anew.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { singleFlight } from '@touchstone/work';
 *
 * let runs = 0;
 * const count = singleFlight(async () => (runs += 1));
 * assert.deepEqual(await Promise.all([count(), count()]), [1, 1]);
 * assert.equal(await count(), 2);
 * ```
 */
export function singleFlight<T>(job: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () =>
    (running ??= Promise.resolve()
      .then(job)
      .finally(() => {
        running = undefined;
      }));
}

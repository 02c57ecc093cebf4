import { describe, expect, it } from '@jest/globals';
import { LOOP_BACKOFF_MAX_MS, Loop } from './loop.js';

const tick = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a loop', () => {
  it('runs again at the time it asked for, when poked, and after the poll interval', async () => {
    const answers: (number | undefined)[] = [0, 0, 20, undefined];
    let runs = 0;
    const loop = new Loop({
      run: async () => answers[runs++],
      pollMs: 60_000,
      onFailure: () => undefined,
    });
    loop.start();
    await tick(80);
    expect(runs).toBe(4);
    loop.poke();
    await tick(20);
    expect(runs).toBe(5);
    await loop.stop();
  });

  it('does not miss a poke that comes while it runs', async () => {
    let runs = 0;
    let open = (): void => undefined;
    const loop = new Loop({
      run: () => new Promise((resolve) => ((runs += 1), (open = () => resolve(undefined)))),
      pollMs: 60_000,
      onFailure: () => undefined,
    });
    loop.start();
    loop.poke();
    open();
    await tick(10);
    expect(runs).toBe(2);
    open();
    await loop.stop();
  });

  it('polls although nobody pokes it', async () => {
    let runs = 0;
    const loop = new Loop({
      run: async () => void (runs += 1) as undefined,
      pollMs: 10,
      onFailure: () => undefined,
    });
    loop.start();
    await tick(100);
    expect(runs).toBeGreaterThan(3);
    await loop.stop();
  });

  it('pauses longer after each failure, up to a bound, and not at all after a success', async () => {
    const pauses: number[] = [];
    let runs = 0;
    const loop = new Loop({
      run: async () => {
        runs += 1;
        if (runs === 5) return 0;
        throw new Error('away');
      },
      pollMs: 60_000,
      backoffFirstMs: 4,
      backoffMaxMs: 10,
      random: () => 1,
      onFailure: (_error, pauseMs) => void pauses.push(pauseMs),
    });
    loop.start();
    for (let poke = 0; poke < 20; poke += 1) {
      loop.poke();
      await tick(5);
    }
    await loop.stop();
    expect(pauses.slice(0, 6)).toEqual([4, 8, 10, 10, 4, 8]);
  });

  it('spreads its pauses by at most half', async () => {
    const pauses: number[] = [];
    const loop = new Loop({
      run: () => Promise.reject(new Error('away')),
      pollMs: 60_000,
      backoffFirstMs: 1_000,
      random: () => 0,
      onFailure: (_error, pauseMs) => void pauses.push(pauseMs),
    });
    loop.start();
    await tick(5);
    await loop.stop();
    expect(pauses).toEqual([500]);
  });

  it.each([
    [LOOP_BACKOFF_MAX_MS - 1, LOOP_BACKOFF_MAX_MS - 1],
    [LOOP_BACKOFF_MAX_MS, LOOP_BACKOFF_MAX_MS],
    [LOOP_BACKOFF_MAX_MS + 1, LOOP_BACKOFF_MAX_MS],
  ])('pauses of %d ms are cut to %d ms when no bound is named', async (backoffFirstMs, expectedMs) => {
    const pauses: number[] = [];
    const loop = new Loop({
      run: () => Promise.reject(new Error('away')),
      pollMs: 60_000,
      backoffFirstMs,
      random: () => 1,
      onFailure: (_error, pauseMs) => void pauses.push(pauseMs),
    });
    loop.start();
    await tick(5);
    await loop.stop();
    expect(pauses).toEqual([expectedMs]);
  });

  it('ends a pause and a sleep at once when it is stopped', async () => {
    const loop = new Loop({ run: async () => undefined, pollMs: 60_000, onFailure: () => undefined });
    loop.start();
    await tick(5);
    // Longer than a test may take, unless it ends now.
    await loop.stop();
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Arrivals } from './evidence-store.js';
import { ARRIVALS_FRESH_MS, KnownArrivals } from './known-arrivals.js';

const at = (logIndex: bigint, networks: readonly string[] = [], proofs?: bigint) => ({
  ...{ logIndex, networks: new Set(networks), proofs },
});
const anchoredAt = (size: bigint): Arrivals => ({ anchored: new Map([['tsa:example', size]]), proofs: 0n });
const provedAt = (proofs: bigint): Arrivals => ({ anchored: new Map(), proofs });

/** Arrivals whose store answers what the test sets, and counts its reads. */
function arrivalsOf(answer: () => Promise<Arrivals>) {
  const clock = { ms: 0, reads: 0 };
  const store = {
    arrivals: () => {
      clock.reads += 1;
      return answer();
    },
  };
  return { clock, known: new KnownArrivals(store, () => clock.ms) };
}

describe('what has arrived', () => {
  it('is more where a network that is not given covers the place', async () => {
    const { known } = arrivalsOf(async () => anchoredAt(7n));
    expect(await known.hasMore(at(6n))).toBe(true);
    expect(await known.hasMore(at(7n))).toBe(false);
    expect(await known.hasMore(at(6n, ['tsa:example']))).toBe(false);
  });

  it('is more where a proof came since, for what waits for one', async () => {
    const { known } = arrivalsOf(async () => provedAt(7n));
    expect(known.proofs).toBe(-1n);
    expect(await known.hasMore(at(0n, [], 6n))).toBe(true);
    expect(await known.hasMore(at(0n, [], 7n))).toBe(false);
    expect(await known.hasMore(at(0n))).toBe(false);
    expect(known.proofs).toBe(7n);
  });

  it('is looked for before what was located without a look is served again', async () => {
    const { known } = arrivalsOf(async () => provedAt(0n));
    expect(await known.hasMore(at(0n, [], known.proofs))).toBe(true);
    expect(await known.hasMore(at(0n, [], known.proofs))).toBe(false);
  });

  it('is read once for all readers of ARRIVALS_FRESH_MS, and then again', async () => {
    const { clock, known } = arrivalsOf(async () => provedAt(0n));
    await Promise.all([known.hasMore(at(0n)), known.hasMore(at(0n))]);
    clock.ms = ARRIVALS_FRESH_MS - 1;
    await known.hasMore(at(0n));
    expect(clock.reads).toBe(1);
    clock.ms = ARRIVALS_FRESH_MS;
    await known.hasMore(at(0n));
    expect(clock.reads).toBe(2);
  });

  it.each([
    ['refuses', () => Promise.reject(new Error('away'))],
    ['hangs', () => new Promise<never>(() => undefined)],
  ])(
    'stays what it was while the database %s, and keeps nobody waiting for it twice',
    async (_how, failing) => {
      let answer = (): Promise<Arrivals> => Promise.resolve(anchoredAt(7n));
      const { clock, known } = arrivalsOf(() => answer());
      expect(await known.hasMore(at(0n))).toBe(true);
      answer = failing;
      clock.ms = ARRIVALS_FRESH_MS;
      expect(await known.hasMore(at(0n))).toBe(true);
      for (let reader = 0; reader < 100; reader += 1) expect(await known.hasMore(at(0n))).toBe(true);
      expect(clock.reads).toBe(2);
    },
    2_000,
  );
});

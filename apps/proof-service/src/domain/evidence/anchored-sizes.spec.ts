import { describe, expect, it } from '@jest/globals';
import { ANCHORED_SIZES_FRESH_MS, AnchoredSizes } from './anchored-sizes.js';

const NONE: ReadonlySet<string> = new Set();

/** Sizes whose store answers what the test sets, and counts its reads. */
function sizesOf(answer: () => Promise<ReadonlyMap<string, bigint>>) {
  const at = { ms: 0, reads: 0 };
  const store = {
    anchoredSizes: () => {
      at.reads += 1;
      return answer();
    },
  };
  return { at, sizes: new AnchoredSizes(store, () => at.ms) };
}

describe('what networks have anchored', () => {
  it('is more where one that is not given covers the place', async () => {
    const { sizes } = sizesOf(async () => new Map([['tsa:example', 7n]]));
    expect(await sizes.hasMore(6n, NONE)).toBe(true);
    expect(await sizes.hasMore(7n, NONE)).toBe(false);
    expect(await sizes.hasMore(6n, new Set(['tsa:example']))).toBe(false);
  });

  it('is read once for all readers of ANCHORED_SIZES_FRESH_MS, and then again', async () => {
    const { at, sizes } = sizesOf(async () => new Map());
    await Promise.all([sizes.hasMore(0n, NONE), sizes.hasMore(0n, NONE)]);
    at.ms = ANCHORED_SIZES_FRESH_MS - 1;
    await sizes.hasMore(0n, NONE);
    expect(at.reads).toBe(1);
    at.ms = ANCHORED_SIZES_FRESH_MS;
    await sizes.hasMore(0n, NONE);
    expect(at.reads).toBe(2);
  });

  it.each([
    ['refuses', () => Promise.reject(new Error('away'))],
    ['hangs', () => new Promise<never>(() => undefined)],
  ])(
    'stays what it was while the database %s, and keeps nobody waiting for it twice',
    async (_how, failing) => {
      let answer = (): Promise<ReadonlyMap<string, bigint>> =>
        Promise.resolve(new Map([['tsa:example', 7n]]));
      const { at, sizes } = sizesOf(() => answer());
      expect(await sizes.hasMore(0n, NONE)).toBe(true);
      answer = failing;
      at.ms = ANCHORED_SIZES_FRESH_MS;
      expect(await sizes.hasMore(0n, NONE)).toBe(true);
      for (let reader = 0; reader < 100; reader += 1) expect(await sizes.hasMore(0n, NONE)).toBe(true);
      expect(at.reads).toBe(2);
    },
    2_000,
  );
});

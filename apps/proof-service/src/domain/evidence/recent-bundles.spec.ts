import { describe, expect, it } from '@jest/globals';
import { CACHED_BUNDLES_MAX, RecentBundles, type VerifiedBundle } from './recent-bundles.js';

const bundle = (characters: number, version = 'v'): VerifiedBundle => ({
  version,
  text: 'x'.repeat(characters),
  etag: '"e"',
  logIndex: 0n,
  networks: new Set(),
  proofs: undefined,
});

describe('recent bundles', () => {
  it('keeps what fits the budget exactly and drops the one not read for longest at one more', () => {
    const recent = new RecentBundles(30);
    for (const id of ['a', 'b', 'c']) recent.put(id, bundle(10));
    expect(recent.count).toBe(3);
    recent.get('a');
    recent.put('d', bundle(1));
    expect(recent.get('b')).toBeUndefined();
    expect(recent.get('a')).toBeDefined();
    expect(recent.count).toBe(3);
  });

  it('counts bundles as well as characters', () => {
    const recent = new RecentBundles(1_000, 2);
    for (const id of ['a', 'b', 'c']) recent.put(id, bundle(1));
    expect(recent.count).toBe(2);
    expect(recent.get('a')).toBeUndefined();
  });

  it('keeps CACHED_BUNDLES_MAX bundles when nothing else is said', () => {
    const recent = new RecentBundles(Number.MAX_SAFE_INTEGER);
    for (let id = 0; id < CACHED_BUNDLES_MAX; id += 1) recent.put(`${id}`, bundle(1));
    expect(recent.count).toBe(CACHED_BUNDLES_MAX);
    recent.put('further', bundle(1));
    expect(recent.count).toBe(CACHED_BUNDLES_MAX);
    expect(recent.get('0')).toBeUndefined();
  });

  it('replaces an earlier version without counting it twice', () => {
    const recent = new RecentBundles(10);
    recent.put('a', bundle(10, 'old'));
    recent.put('a', bundle(10, 'new'));
    expect(recent.get('a')?.version).toBe('new');
    recent.put('b', bundle(0));
    expect(recent.count).toBe(2);
  });

  it('keeps a bundle of the whole budget, not one that is larger, and forgets its earlier version', () => {
    const recent = new RecentBundles(10);
    recent.put('a', bundle(10));
    expect(recent.get('a')).toBeDefined();
    recent.put('a', bundle(11));
    expect(recent.get('a')).toBeUndefined();
    expect(new RecentBundles(0).count).toBe(0);
  });
});

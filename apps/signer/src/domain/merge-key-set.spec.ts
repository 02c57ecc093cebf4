import { describe, expect, it } from '@jest/globals';
import type { KeystoreEntry } from '@touchstone/contracts';
import { bytesToHex, CLOCK_SKEW_MAX_MS, ecdsaPublicKey } from '@touchstone/crypto';
import { KEY_SET_AGE_MAX_MS } from './current-key-set.js';
import { advanceStatuses, KEY_OVERLAP_MS, mergeKeys } from './merge-key-set.js';

const DAY_MS = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const end = new Date(now + KEY_OVERLAP_MS).toISOString();

const entry = (byte: number, change: Partial<KeystoreEntry> = {}): KeystoreEntry => ({
  kid: `output-${byte}`,
  alg: 'ES256K',
  use: 'output',
  public_key: bytesToHex(ecdsaPublicKey(new Uint8Array(32).fill(byte))),
  status: 'active',
  not_before: '2026-06-01T00:00:00Z',
  not_after: '2099-12-31T23:59:59Z',
  ...change,
});
const chainKey = (byte: number, name: string): KeystoreEntry =>
  entry(byte, { kid: `chain-${byte}`, use: 'chain-tx', name });
const byId = (keys: readonly KeystoreEntry[], kid: string) => keys.find((key) => key.kid === kid);

describe('mergeKeys', () => {
  it('dates a key to the second of its publication and never again, whatever its holder says', () => {
    const held = entry(1, { not_before: '1970-01-01T00:00:00Z' });
    const published = mergeKeys([], [held], now + 999);
    expect(published).toEqual([entry(1)]);
    expect(mergeKeys(published, [held], now + DAY_MS)).toEqual([entry(1)]);
    const [next] = mergeKeys(published, [entry(2)], now + DAY_MS + 1_500);
    expect(next).toMatchObject({ kid: 'output-2', not_before: '2026-06-02T00:00:01Z' });
  });

  it('refuses a key that was published for another use', () => {
    const other = entry(1, { kid: 'chain-tx-1', use: 'chain-tx', name: 'settlement' });
    expect(() => mergeKeys([entry(1)], [other], now)).toThrow(
      'Key output-1 was published for the use output; make another key for chain-tx.',
    );
  });

  it('lists the held keys alone at first', () => {
    expect(mergeKeys([], [entry(1)], now)).toEqual([entry(1)]);
    expect(mergeKeys([entry(1)], [entry(1)], now)).toEqual([entry(1)]);
  });

  it('keeps a replaced key, which goes on until every replica knows of its end', () => {
    const [held, kept] = mergeKeys([entry(1)], [entry(2)], now);
    expect(held).toEqual(entry(2));
    expect(kept).toEqual(entry(1, { not_after: end }));
    // What a replica read may be so old, and it signs outputs from so far in the future by a clock that is so far off.
    expect(KEY_OVERLAP_MS).toBeGreaterThan(KEY_SET_AGE_MAX_MS + 2 * CLOCK_SKEW_MAX_MS);
  });

  it('ends a key for another key of its purpose alone', () => {
    const listed = [entry(1), chainKey(3, 'anchor'), chainKey(4, 'settlement')];
    const merged = mergeKeys(listed, [entry(1), chainKey(5, 'anchor'), chainKey(4, 'settlement')], now);
    expect(byId(merged, 'chain-3')).toMatchObject({ not_after: end });
    expect(byId(merged, 'chain-4')).toEqual(chainKey(4, 'settlement'));
    expect(byId(merged, 'output-1')).toEqual(entry(1));
  });

  it('takes nothing back when a replica with the replaced key starts again, or several do', () => {
    const rotated = mergeKeys([entry(1)], [entry(2)], now);
    const again = mergeKeys(rotated, [entry(1)], now + 60_000);
    expect(byId(again, 'output-1')).toEqual(entry(1, { not_after: end }));
    expect(byId(again, 'output-2')).toEqual(entry(2));
    expect(mergeKeys(again, [entry(2)], now + 120_000)).toEqual(mergeKeys(rotated, [entry(2)], now));
  });

  it('refuses an output key that has ended, up to the moment', () => {
    const rotated = mergeKeys([entry(1)], [entry(2)], now);
    const start = (atMs: number) => () => mergeKeys(rotated, [entry(1)], atMs);
    expect(start(now + KEY_OVERLAP_MS - 1)).not.toThrow();
    expect(start(now + KEY_OVERLAP_MS)).toThrow(
      /output-1 was replaced and ended at 2026-06-01T00:15:00.000Z/,
    );
  });

  it('lets an operator go back to a chain key, on whose times no evidence rests', () => {
    const rotated = mergeKeys([chainKey(3, 'anchor')], [chainKey(5, 'anchor')], now);
    const back = mergeKeys(rotated, [chainKey(3, 'anchor')], now + DAY_MS);
    expect(byId(back, 'chain-3')).toEqual(chainKey(3, 'anchor'));
    expect(byId(back, 'chain-5')).toMatchObject({
      not_after: new Date(now + DAY_MS + KEY_OVERLAP_MS).toISOString(),
    });
  });

  it('refuses a new key under the id of an earlier one', () => {
    expect(() => mergeKeys([entry(1)], [entry(2, { kid: 'output-1' })], now)).toThrow(/id of its own/);
  });

  it('moves a replaced key on with time and never prolongs it', () => {
    const replaced = mergeKeys([entry(1)], [entry(2)], now);
    const at = (afterMs: number) => byId(mergeKeys(replaced, [entry(2)], now + afterMs), 'output-1');
    expect(at(KEY_OVERLAP_MS)).toMatchObject({ not_after: end, status: 'active' });
    expect(at(KEY_OVERLAP_MS + 1)).toMatchObject({ not_after: end, status: 'retiring' });
    expect(at(8 * DAY_MS)).toMatchObject({ not_after: end, status: 'retired' });
  });
});

describe('advanceStatuses', () => {
  it('never takes a status back, however the clocks of replicas differ', () => {
    const listed = mergeKeys([entry(1)], [entry(2)], now);
    const ahead = advanceStatuses(listed, listed, now + KEY_OVERLAP_MS + 1);
    expect(byId(ahead, 'output-1')).toMatchObject({ status: 'retiring' });
    expect(advanceStatuses(ahead, ahead, now + KEY_OVERLAP_MS - 60_000)).toEqual(ahead);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { KeystoreEntry } from '@touchstone/contracts';
import { bytesToHex, ecdsaPublicKey } from '@touchstone/crypto';
import { mergeKeys } from './merge-key-set.js';

const DAY_MS = 86_400_000;
const now = Date.UTC(2026, 5, 1);

const entry = (byte: number, change: Partial<KeystoreEntry> = {}): KeystoreEntry => ({
  kid: `output-${byte}`,
  alg: 'ES256K',
  use: 'output',
  public_key: bytesToHex(ecdsaPublicKey(new Uint8Array(32).fill(byte))),
  status: 'active',
  not_before: '2020-01-01T00:00:00Z',
  not_after: '2099-12-31T23:59:59Z',
  ...change,
});

describe('mergeKeys', () => {
  it('lists the held keys alone at first', () => {
    expect(mergeKeys([], [entry(1)], now)).toEqual([entry(1)]);
    expect(mergeKeys([entry(1)], [entry(1)], now)).toEqual([entry(1)]);
  });

  it('keeps a replaced key, which ends now and is active for this last moment', () => {
    const [held, kept] = mergeKeys([entry(1)], [entry(2)], now);
    expect(held).toEqual(entry(2));
    expect(kept).toMatchObject({ kid: 'output-1', not_after: '2026-06-01T00:00:00.000Z', status: 'active' });
  });

  it('refuses a new key under the id of an earlier one', () => {
    expect(() => mergeKeys([entry(1)], [entry(2, { kid: 'output-1' })], now)).toThrow(/id of its own/);
  });

  it('moves a replaced key on with time and never prolongs it', () => {
    const replaced = mergeKeys([entry(1)], [entry(2)], now);
    const [, retiring] = mergeKeys(replaced, [entry(2)], now + 1_000);
    expect(retiring).toMatchObject({ not_after: '2026-06-01T00:00:00.000Z', status: 'retiring' });
    const [, retired] = mergeKeys(replaced, [entry(2)], now + 8 * DAY_MS);
    expect(retired).toMatchObject({ not_after: '2026-06-01T00:00:00.000Z', status: 'retired' });
  });
});

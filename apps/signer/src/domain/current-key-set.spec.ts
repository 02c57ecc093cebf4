import { describe, expect, it } from '@jest/globals';
import type { KeySet, KeystoreEntry } from '@touchstone/contracts';
import { CurrentKeySet, KEY_SET_AGE_MAX_MS } from './current-key-set.js';
import { createKeyRing } from './key-ring.js';

const start = Date.UTC(2026, 5, 1);
const secret = (byte: number) => new Uint8Array(32).fill(byte);
const keys = createKeyRing({
  output: { kid: 'output-1', privateKey: secret(1) },
  checkpointSeed: secret(2),
  anchorTransactions: secret(3),
  settlementTransactions: secret(4),
});

/** A key set that somebody else changes, and a clock that is moved by hand. */
function given() {
  let nowMs = start;
  let reads = 0;
  let entries: readonly KeystoreEntry[] = keys.entries;
  const stored = (): KeySet => ({
    type: 'touchstone.key-set.v1',
    sequence: 0,
    keys: [...entries],
    previous: null,
  });
  const current = new CurrentKeySet(
    keys,
    {
      publish: () => Promise.resolve(stored()),
      current: () => {
        reads += 1;
        return new Promise((resolve) => setImmediate(() => resolve(stored())));
      },
    },
    { nowMs: () => nowMs },
  );
  return {
    current,
    reads: () => reads,
    setNow: (ms: number) => void (nowMs = ms),
    endAt: (ms: number) =>
      void (entries = keys.entries.map((entry) =>
        entry.use === 'output' ? { ...entry, not_after: new Date(ms).toISOString() } : entry,
      )),
    forget: () => void (entries = keys.entries.filter(({ use }) => use !== 'output')),
  };
}

describe('the key set in force', () => {
  it('is read again for signing once it is too old, and not before', async () => {
    const { current, reads, setNow, endAt } = given();
    await current.publish();
    const unbounded = (await current.outputKeyTimes()).endMs;
    endAt(start + 5_000);
    setNow(start + KEY_SET_AGE_MAX_MS);
    expect((await current.outputKeyTimes()).endMs).toBe(unbounded);
    setNow(start + KEY_SET_AGE_MAX_MS + 1);
    expect((await current.outputKeyTimes()).endMs).toBe(start + 5_000);
    expect(reads()).toBe(1);
  });

  it('is read again when the clock was set back, which hides its age', async () => {
    const { current, reads, setNow } = given();
    await current.publish();
    setNow(start - 1);
    await current.outputKeyTimes();
    expect(reads()).toBe(1);
  });

  it('is told as it is stored now, with one read for all who ask meanwhile', async () => {
    const { current, reads, endAt } = given();
    await current.publish();
    endAt(start + 7_000);
    const [one, other] = await Promise.all([current.read(), current.read()]);
    expect(one).toBe(other);
    expect(one.keys.find(({ use }) => use === 'output')?.not_after).toBe(
      new Date(start + 7_000).toISOString(),
    );
    expect(reads()).toBe(1);
    await current.read();
    expect(reads()).toBe(2);
  });

  it('says when the held key has ended, and takes one that is not listed for ended', async () => {
    const { current, setNow, endAt, forget } = given();
    endAt(start + 1_000);
    await current.publish();
    setNow(start + 1_000);
    await expect(current.requireOutputKey()).resolves.toBeUndefined();
    setNow(start + 1_001);
    await expect(current.requireOutputKey()).rejects.toThrow(/output-1 was replaced/);
    forget();
    await current.read();
    expect((await current.outputKeyTimes()).endMs).toBe(Number.NEGATIVE_INFINITY);
  });

  it('does not sign on while the database does not tell', async () => {
    const failing = new CurrentKeySet(
      keys,
      { publish: () => Promise.reject(new Error('away')), current: () => Promise.reject(new Error('away')) },
      { nowMs: () => start },
    );
    await expect(failing.outputKeyTimes()).rejects.toThrow('away');
    await expect(failing.outputKeyTimes()).rejects.toThrow('away');
  });
});

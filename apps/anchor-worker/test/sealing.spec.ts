import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bytesToHex } from '@touchstone/crypto';
import { waitUntil } from '@touchstone/testing';
import { keySetEntry } from '../src/domain/log/object-entry.js';
import type { AcceptedLeaf } from '../src/domain/leaf/accepted-leaf.js';
import { leafOf, leavesOf } from './support/leaves.js';
import { LogFixture, type Replica } from './support/log-fixture.js';
import { expectSoundLog } from './support/log-invariants.js';

const hexOf = (leaves: readonly AcceptedLeaf[]): string[] => leaves.map(({ leaf }) => bytesToHex(leaf));
const keySet = (sequence: number) =>
  keySetEntry({
    type: 'touchstone.key-set.v1',
    sequence,
    keys: [
      {
        kid: 'k',
        alg: 'Ed25519',
        use: 'checkpoint',
        public_key: 'ab'.repeat(32),
        status: 'active',
        not_before: '2026-01-01T00:00:00Z',
        not_after: '2030-01-01T00:00:00Z',
      },
    ],
    previous: null,
  });

describe('sealing against PostgreSQL', () => {
  let fixture: LogFixture;
  beforeEach(async () => {
    fixture = await LogFixture.create();
  });
  afterEach(() => fixture.close());

  const drain = async (replica: Replica): Promise<number | undefined> => {
    for (;;) {
      const waitMs = await replica.sealing.run();
      if (waitMs !== 0) return waitMs;
    }
  };

  it('seals a full batch at once, in the order of acceptance (R-ANCHOR-1)', async () => {
    const replica = await fixture.replica();
    const leaves = leavesOf('full', 10);
    await replica.intake.accept({ leaves, entries: [], batches: [] });
    expect(await drain(replica)).toBeUndefined();
    const log = await expectSoundLog(fixture);
    expect(log.batches).toHaveLength(1);
    expect(log.leaves).toEqual(hexOf(leaves));
  });

  it('leaves the one beyond a full batch for the next, which its own age makes due', async () => {
    const replica = await fixture.replica({ settings: { intervalMs: 400 } });
    const leaves = leavesOf('beyond', 11);
    await replica.intake.accept({ leaves, entries: [], batches: [] });
    const waitMs = await drain(replica);
    expect(waitMs).toBeGreaterThan(0);
    expect((await expectSoundLog(fixture)).leaves).toEqual(hexOf(leaves.slice(0, 10)));
    await new Promise((resolve) => setTimeout(resolve, (waitMs ?? 0) + 5));
    expect(await drain(replica)).toBeUndefined();
    const log = await expectSoundLog(fixture);
    expect(log.batches.map((batch) => batch.leaves.length)).toEqual([10, 1]);
    expect(log.leaves).toEqual(hexOf(leaves));
  });

  it('seals nothing before the oldest leaf is old enough', async () => {
    const replica = await fixture.replica();
    await replica.intake.accept({ leaves: leavesOf('young', 9), entries: [], batches: [] });
    expect(await drain(replica)).toBeGreaterThan(50_000);
    expect((await expectSoundLog(fixture)).batches).toEqual([]);
  });

  it('makes a batch for each model version, several in one transaction', async () => {
    const replica = await fixture.replica({ settings: { intervalMs: 0 } });
    const models = Array.from({ length: 20 }, (_, index) => `model-${index}`);
    await replica.intake.accept({
      leaves: models.flatMap((model) => leavesOf('m', 3, model)),
      entries: [],
      batches: [],
    });
    await drain(replica);
    const log = await expectSoundLog(fixture);
    expect(log.batches).toHaveLength(20);
    expect(log.leaves).toHaveLength(60);
    expect(await fixture.rows('SELECT anchor_id FROM anchors.model_anchors WHERE txid IS NULL')).toHaveLength(
      20,
    );
  });

  it('takes duplicate and mixed deliveries without doubling a leaf or an entry', async () => {
    const replica = await fixture.replica({ settings: { intervalMs: 0 } });
    const leaves = leavesOf('dup', 6);
    expect(
      await replica.intake.accept({ leaves: leaves.slice(0, 4), entries: [keySet(0)], batches: [] }),
    ).toEqual({
      leaves: 4,
      entries: 1,
      batches: 0,
    });
    const again = {
      leaves: [...leaves.slice(2), ...leaves.slice(2, 3)],
      entries: [keySet(0), keySet(1), keySet(1)],
      batches: [],
    };
    expect(await replica.intake.accept(again)).toEqual({ leaves: 2, entries: 1, batches: 0 });
    await drain(replica);
    expect(await replica.intake.accept({ leaves, entries: [keySet(1)], batches: [] })).toEqual({
      leaves: 0,
      entries: 0,
      batches: 0,
    });
    await drain(replica);
    const log = await expectSoundLog(fixture);
    expect(log.leaves).toEqual(hexOf(leaves));
    expect(log.entries).toHaveLength(3);
  });

  it('keeps the order of acceptance when deliveries come out of order', async () => {
    const replica = await fixture.replica({ settings: { intervalMs: 0 } });
    const leaves = leavesOf('order', 6);
    const shuffled = [3, 0, 5, 1, 4, 2].map((place) => leaves[place] as AcceptedLeaf);
    for (const leaf of shuffled) await replica.intake.accept({ leaves: [leaf], entries: [], batches: [] });
    await drain(replica);
    expect((await expectSoundLog(fixture)).leaves).toEqual(hexOf(shuffled));
  });

  it('refuses a second leaf with the nonce of another and keeps nothing of that delivery', async () => {
    const replica = await fixture.replica();
    const first = leafOf('first');
    await replica.intake.accept({ leaves: [first], entries: [], batches: [] });
    const forged = { ...leafOf('second'), nonce: first.nonce };
    await expect(
      replica.intake.accept({ leaves: [leafOf('third'), forged], entries: [], batches: [] }),
    ).rejects.toMatchObject({
      code: 'conflict',
      retryable: false,
    });
    expect(await fixture.rows('SELECT id FROM anchors.leaf')).toHaveLength(1);
  });

  it('lets two replicas accept and seal at the same time without a fork or a doubled leaf', async () => {
    const replicas = [
      await fixture.replica({ settings: { intervalMs: 5, batchMax: 7 } }),
      await fixture.replica({ settings: { intervalMs: 5, batchMax: 7 } }),
    ];
    const leaves = ['model-a', 'model-b', 'model-c'].flatMap((model) => leavesOf('two', 100, model));
    for (const { pipeline } of replicas) pipeline.start();
    await Promise.all(
      replicas.map(async ({ intake }, place) => {
        // Half of the leaves come to both, as after a redelivery.
        for (let start = place * 75; start < place * 75 + 225; start += 5)
          await intake.accept({
            leaves: leaves.slice(start, start + 5),
            entries: [keySet(start)],
            batches: [],
          });
      }),
    );
    await waitUntil(
      async () => (await expectSoundLog(fixture)).leaves.length === 300,
      10_000,
      'all leaves in batches',
    );
    await waitUntil(
      async () => {
        const { entries, checkpoints } = await expectSoundLog(fixture);
        return checkpoints[checkpoints.length - 1]?.size === String(entries.length);
      },
      10_000,
      'a checkpoint over all entries',
    );
    await Promise.all(replicas.map(({ pipeline }) => pipeline.stop()));
    const log = await expectSoundLog(fixture);
    expect([...log.leaves].sort()).toEqual(hexOf(leaves).sort());
    expect(replicas.flatMap(({ failures }) => failures)).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { BATCH_LEAVES_MAX } from '@touchstone/contracts';
import { sha256 } from '@touchstone/crypto';
import { parseBatchEntry } from '@touchstone/evidence';
import type { Batch } from './build-batch.js';
import { buildBatch } from './build-batch.js';
import type { PendingLeaves } from './due-batches.js';
import { BATCHES_PER_SEAL_MAX, Sealing, type SealingStore } from './sealing.js';

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => sha256(new TextEncoder().encode(`${index}`)));
const modelOf = (index: number): string => index.toString(16).padStart(64, '0');

/** A store that hands out what a test put into it. */
function storeOf(pending: PendingLeaves[]): SealingStore & { sealed: Batch[] } {
  const sealed: Batch[] = [];
  return {
    sealed,
    pending: async () => pending,
    seal: async (leavesMax, choose, make) => {
      const batches = choose(pending).map((id) => make(id, leavesOf(leavesMax)));
      sealed.push(...batches);
      return batches;
    },
  };
}

const sealingOf = (store: SealingStore, batchMax = 10): Sealing =>
  new Sealing(store, {
    intervalMs: 1_000,
    batchMax,
    nodeId: 'node-1',
    nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    newId: () => '0190aaaa-0000-7000-8000-000000000000',
    onSealed: () => undefined,
    around: (_name, work) => work(),
  });

describe('sealing', () => {
  it('writes the entry of protocol section 6', async () => {
    const store = storeOf([{ modelVersionId: modelOf(1), count: 10, oldestAgeMs: 0 }]);
    expect(await sealingOf(store).run()).toBe(0);
    expect(parseBatchEntry(store.sealed[0]!.entry)).toMatchObject({
      ok: true,
      entry: {
        kind: 'output',
        leafFormat: 'model-output-v1',
        treeProfile: 'rfc9162-sha256',
        leafCount: 10,
        scope: { modelVersionId: modelOf(1) },
        sealedAt: '2026-01-02T03:04:05.678Z',
        nodeId: 'node-1',
        signature: null,
      },
    });
  });

  it('seals at most a bounded number of batches in one transaction', async () => {
    const pending = Array.from({ length: BATCHES_PER_SEAL_MAX + 1 }, (_, index) => ({
      modelVersionId: modelOf(index),
      count: 10,
      oldestAgeMs: index,
    }));
    const store = storeOf(pending);
    await sealingOf(store).run();
    expect(store.sealed).toHaveLength(BATCHES_PER_SEAL_MAX);
  });

  it('builds the largest batch that a message carries and no larger one', () => {
    const parts = {
      batchId: '0190aaaa-0000-7000-8000-000000000000',
      modelVersionId: modelOf(1),
      sealedAtMs: 0,
      nodeId: 'n',
    };
    expect(buildBatch({ ...parts, leaves: leavesOf(BATCH_LEAVES_MAX) }).leaves).toHaveLength(
      BATCH_LEAVES_MAX,
    );
    expect(() => buildBatch({ ...parts, leaves: leavesOf(BATCH_LEAVES_MAX + 1) })).toThrow();
    expect(() => buildBatch({ ...parts, leaves: [] })).toThrow();
  });

  it('is woken by leaves that are accepted while it looks, which the look may have missed', async () => {
    const pending = [{ modelVersionId: modelOf(1), count: 1, oldestAgeMs: 0 }];
    const store = storeOf(pending);
    const sealing = sealingOf(store);
    expect(await sealing.run()).toBe(1_000);
    let woken: boolean | undefined;
    store.pending = async () => {
      woken = sealing.leavesAccepted(1);
      return [];
    };
    expect(await sealing.run()).toBeUndefined();
    expect(woken).toBe(true);
  });

  it('is woken by leaves only when a timer is missing or a batch may be full', async () => {
    const sealing = sealingOf(storeOf([{ modelVersionId: modelOf(1), count: 6, oldestAgeMs: 0 }]));
    expect(sealing.leavesAccepted(1)).toBe(true);
    expect(await sealing.run()).toBe(1_000);
    expect(sealing.leavesAccepted(1)).toBe(false);
    expect(sealing.leavesAccepted(2)).toBe(false);
    expect(sealing.leavesAccepted(1)).toBe(true);
    await sealing.run();
    expect(sealing.leavesAccepted(3)).toBe(false);
  });
});

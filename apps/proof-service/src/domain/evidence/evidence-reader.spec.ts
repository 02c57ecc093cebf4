import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { FakeClock } from '@touchstone/testing';
import { KnownKeys } from '../keys/signer-keys.js';
import {
  BUNDLES_IN_WORK_MAX,
  EvidenceReader,
  type EvidenceStage,
  type RequiredAnchors,
} from './evidence-reader.js';
import type { EvidenceParts, EvidenceStore, OutputLocation } from './evidence-store.js';
import { KnownArrivals } from './known-arrivals.js';
import { OutputEvidence } from './output-evidence.js';
import { RecentBundles } from './recent-bundles.js';

const provable = (verificationId: string): OutputLocation => ({
  verificationId,
  commitmentHash: '00'.repeat(32),
  commitmentKnown: true,
  isProved: false,
  logSize: 1n,
  batch: { logIndex: 0n, leafIndex: 0, leafCount: 1, treeProfile: 'rfc9162-sha256' },
  checkpoints: [{ commitment: '11'.repeat(32), size: 1n, anchors: [] }],
});

/** A store whose reads end when the test says so, and whose parts make no bundle. */
function readerOf(locate: (id: string) => OutputLocation | undefined) {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let loads = 0;
  const store: EvidenceStore = {
    locateOutput: (id) => Promise.resolve(locate(id)),
    locateEvent: () => Promise.resolve(undefined),
    loadEvent: () => Promise.resolve(undefined),
    loadOutput: async (): Promise<EvidenceParts | undefined> => {
      loads += 1;
      await released;
      return undefined;
    },
    arrivals: () => Promise.resolve({ anchored: new Map(), proofs: 0n }),
  };
  const seen = { failures: 0, built: [] as number[], stages: [] as EvidenceStage[] };
  const keys = new KnownKeys({ fetch: () => Promise.reject(new Error('away')) }, () =>
    new FakeClock().nowMs(),
  );
  const subject = new OutputEvidence(store, keys, { origin: 'log', chains: [] });
  const reader = new EvidenceReader(subject, {
    recent: new RecentBundles(1_000),
    arrivals: new KnownArrivals(store, () => 0),
    observer: {
      served: () => undefined,
      built: (seconds) => seen.built.push(seconds),
      pending: (stage) => seen.stages.push(stage),
      selfCheckFailed: () => (seen.failures += 1),
      alarmed: () => undefined,
    },
  });
  return { reader, seen, release, loads: () => loads };
}

const codeOf = (error: unknown) => (error instanceof AppError ? error.code : 'none');

describe('evidence reader', () => {
  it('makes as many bundles at once as the limit, and refuses the next', async () => {
    const { reader, release, seen } = readerOf(provable);
    const running = Array.from({ length: BUNDLES_IN_WORK_MAX }, (_, index) =>
      reader.read(`id-${index}`).catch(codeOf),
    );
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await reader.read('one more').catch(codeOf)).toBe('queue-full');
    release();
    expect(new Set(await Promise.all(running))).toEqual(new Set(['internal']));
    expect(seen.failures).toBe(BUNDLES_IN_WORK_MAX);
    expect(await reader.read('one more').catch(codeOf)).toBe('internal');
  });

  it('lets readers of the same bundle share the work', async () => {
    const { reader, release, seen, loads } = readerOf(provable);
    const readers = Array.from({ length: 10 }, () => reader.read('same').catch(codeOf));
    await new Promise((resolve) => setImmediate(resolve));
    release();
    await Promise.all(readers);
    expect(loads()).toBe(1);
    expect(seen.failures).toBe(1);
    expect(seen.built).toEqual([expect.any(Number)]);
  });

  it.each<[EvidenceStage, Partial<OutputLocation>, RequiredAnchors]>([
    ['accepted', { batch: undefined, checkpoints: [] }, 'none'],
    ['sealed', { logSize: 0n, checkpoints: [] }, 'none'],
    ['logged', { checkpoints: [] }, 'none'],
    ['checkpointed', { commitmentKnown: false }, 'none'],
    ['checkpointed', {}, 'any'],
    ['checkpointed', {}, ['tsa:example']],
  ])('answers pending at stage %s', async (stage, change, required) => {
    const { reader, seen } = readerOf((id) => ({ ...provable(id), ...change }));
    const error = await reader.read('id', required).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'evidence-pending', status: 202, retryAfterSeconds: 1 });
    expect(error).toMatchObject({ details: [{ pointer: '/stage', detail: stage }] });
    expect(seen.stages).toEqual([stage]);
  });

  it('does not know what was never recorded', async () => {
    const { reader } = readerOf(() => undefined);
    expect(await reader.read('id').catch(codeOf)).toBe('unknown-verification');
  });
});

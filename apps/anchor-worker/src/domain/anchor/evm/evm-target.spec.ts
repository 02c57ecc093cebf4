import { describe, expect, it } from '@jest/globals';
import type { OpenAnchor } from './anchor.js';
import type { AnchorChain } from './ports.js';
import { FAILED_SPACING_FIRST_MS, FAILED_SPACING_MAX_MS } from '../policy.js';
import { EvmTarget } from './evm-target.js';
import { PROOFS_PER_RUN_MAX, ProofTaking, type KeptProofStore } from './proving.js';

const NOW_MS = 1_000_000;

/** Anchoring with these anchors open and this history; every advance is counted, and there is something to anchor. */
function anchoring(open: readonly OpenAnchor[], failuresInRow = 0) {
  const advanced: OpenAnchor[] = [];
  const nothingKept = { blocksOf: () => Promise.resolve(new Map()) } as unknown as KeptProofStore;
  const placed = { placement: { block: { hash: '00' } } };
  const parts = {
    chain: { head: () => Promise.resolve({ latest: 100n, finalized: 100n }) },
    store: {
      open: () => Promise.resolve(open),
      dropFailed: () => Promise.resolve(),
      anchorable: () => Promise.resolve({ size: 1n, note: '' }),
      history: () =>
        Promise.resolve({
          ...{ lastCreatedAtMs: NOW_MS, failuresInRow, lastFailure: undefined, newEntries: 1n },
          ...{ waitingSinceMs: NOW_MS, paid: [], openCostMax: 0n },
        }),
    },
    lane: {
      run: () => Promise.resolve([]),
      ofSubjects: (ids: readonly string[]) => Promise.resolve(new Map(ids.map((id) => [id, placed]))),
    },
    proofs: new ProofTaking({} as AnchorChain, nothingKept, {
      nowMs: () => NOW_MS,
      onProof: () => undefined,
      onRefusing: () => undefined,
    }),
    progress: { advance: (anchor: OpenAnchor) => Promise.resolve(void advanced.push(anchor)) },
  } as unknown as ConstructorParameters<typeof EvmTarget>[0];
  const run = () =>
    new EvmTarget(parts, {
      spacingMs: 10,
      pollMs: 60_000_000,
      gasMax: 200_000n,
      feePerGasMax: 1n,
      random: () => 1,
      onEvent: () => undefined,
      nowMs: () => NOW_MS,
      newId: () => 'id',
      around: (_name, work) => work(),
    }).run();
  return { advanced, run };
}

describe('anchoring', () => {
  it.each([
    [PROOFS_PER_RUN_MAX, PROOFS_PER_RUN_MAX],
    [PROOFS_PER_RUN_MAX + 1, PROOFS_PER_RUN_MAX],
  ])('of %d anchors without a proof, asks for those of %d in one run', async (count, expected) => {
    const included = Array.from({ length: count }, (_, index) => ({
      anchorId: `anchor-${index}`,
      state: 'included',
      block: { number: BigInt(index), hash: '00' },
    })) as unknown as OpenAnchor[];
    const { advanced, run } = anchoring(included);
    await run();
    expect(advanced).toEqual(included.slice(0, expected));
  });

  it.each([
    [0, 10],
    [1, FAILED_SPACING_FIRST_MS],
    [7, 64 * FAILED_SPACING_FIRST_MS],
    [8, FAILED_SPACING_MAX_MS],
    [100, FAILED_SPACING_MAX_MS],
  ])('waits after %d failures in a row for %d ms', async (failures, expectedMs) => {
    expect(await anchoring([], failures).run()).toBe(expectedMs);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { CircuitSetUp, ModelCircuit } from '@touchstone/contracts/circuit';
import { SET_UP_KEY_BYTES_MAX, setUpManifest } from '@touchstone/contracts/http/set-ups';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { AnnounceSetUp } from './announce-set-up.js';
import { FinishSetUps } from './finish-set-ups.js';
import { CONTRIBUTION_BYTES_MAX, type NewSetUp, type SetUp, type SetUpStore } from './set-up.js';

const NETWORK = 'eip155:84532';
const parties = ['one', 'two'];
const nowMs = () => Date.parse('2026-11-30T12:00:00.000Z');

describe('the keys of a set-up', () => {
  it('have room for all contributions below SET_UP_KEY_BYTES_MAX, CONTRIBUTION_BYTES_MAX each', async () => {
    const stored: NewSetUp[] = [];
    const announce = (keyBytes: number) =>
      new AnnounceSetUp({
        ceremony: {
          start: async () => ({
            ...{ descriptorHash: '0a'.repeat(32), constraintsSha256: '0b'.repeat(32) },
            powers: { source: 'development', blake2b: '0c'.repeat(64) },
            provingKey: new Uint8Array(keyBytes),
          }),
          accept: () => Promise.reject(new Error('not asked')),
          finish: () => Promise.reject(new Error('not asked')),
        },
        blocks: { block: async () => ({ head: 1n, finalHash: undefined }) },
        store: {
          announce: async (setUp: NewSetUp) => void stored.push(setUp),
          find: async () => ({}) as SetUp,
        } as unknown as SetUpStore,
        ...{ nowMs, newId: () => '019a0000-0000-7000-8000-000000000002', newToken: () => 't'.repeat(43) },
      }).announce(
        setUpManifest.parse({
          ...{ name: 'm.int', version: '1', developer: 'd', powers: 'p.ptau', parties },
          beacon: { network: NETWORK, inBlocks: 10 },
        }),
        { model: new Uint8Array([1]), options: undefined },
      );
    const most = SET_UP_KEY_BYTES_MAX - (parties.length + 1) * CONTRIBUTION_BYTES_MAX;
    await announce(most);
    expect(stored).toHaveLength(1);
    await expect(announce(most + 1)).rejects.toMatchObject({ code: 'model-invalid' });
    expect(stored).toHaveLength(1);
  });

  it('are stored only where the transcript names them', async () => {
    const key = new Uint8Array([1, 2, 3]);
    const finished: unknown[] = [];
    const setUp = {
      ...{ id: 's', state: 'open', modelVersionId: '0d'.repeat(32) },
      newestKey: { sha256: '0e'.repeat(32), bytes: 3 },
      parties: [{ name: 'one', contribution: {} }],
      announcement: { beacon: { network: NETWORK, block: '5', iterationsLog2: 10 } },
    } as unknown as SetUp;
    const run = (provingKeySha256: string) =>
      new FinishSetUps({
        ceremony: {
          finish: async () => ({
            transcript: {
              vkDigest: '0f'.repeat(32),
              class: 'single-party',
              provingKeySha256,
            } as CircuitSetUp,
            circuit: {} as ModelCircuit,
            provingKey: key,
          }),
        },
        blocks: { block: async () => ({ head: 9n, finalHash: '0b'.repeat(32) }) },
        store: {
          ...{ claimOpen: async () => ['s'], unclaim: async () => undefined, find: async () => setUp },
          ...{ circuit: async () => ({}), key: async () => key },
          finish: async (...given: unknown[]) => finished.push(given) > 0,
        } as unknown as SetUpStore,
        ...{ nowMs, timeoutMs: 1_000 },
      }).run();
    await expect(run('00'.repeat(32))).rejects.toMatchObject({ code: 'internal' });
    expect(finished).toHaveLength(0);
    await run(bytesToHex(sha256(key)));
    expect(finished).toHaveLength(1);
  });
});

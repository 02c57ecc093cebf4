import { describe, expect, it } from '@jest/globals';
import { nodeStanding, STANDING_NODES_MAX } from './attestation.js';
import { CONSISTENCY_PROOF_HASHES_MAX, signCheckpoint } from './signer.js';

describe('a request to sign a checkpoint', () => {
  it('carries up to CONSISTENCY_PROOF_HASHES_MAX hashes, not one more', () => {
    const isTaken = (hashes: number) =>
      signCheckpoint.request.safeParse({
        origin: 'example.com/log',
        size: '2',
        root: '00'.repeat(32),
        consistency: { fromSize: '1', proof: Array(hashes).fill('00'.repeat(32)) },
      }).success;
    expect(isTaken(CONSISTENCY_PROOF_HASHES_MAX)).toBe(true);
    expect(isTaken(CONSISTENCY_PROOF_HASHES_MAX + 1)).toBe(false);
  });
});

describe('an answer about the standing of nodes', () => {
  it('names up to STANDING_NODES_MAX nodes, not one more, and fits into a message at the longest names', () => {
    const answer = (nodes: number) => ({
      at: '2026-01-02T03:04:05.678Z',
      blocked: Array.from({ length: nodes }, () => ({ nodeId: 'n'.repeat(128), reason: 'spoof-suspect' })),
    });
    const isTaken = (nodes: number) => nodeStanding.response.safeParse(answer(nodes)).success;
    expect(isTaken(STANDING_NODES_MAX)).toBe(true);
    expect(isTaken(STANDING_NODES_MAX + 1)).toBe(false);
    expect(JSON.stringify(answer(STANDING_NODES_MAX)).length).toBeLessThan(1_048_576);
  });
});

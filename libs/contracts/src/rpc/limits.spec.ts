import { describe, expect, it } from '@jest/globals';
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

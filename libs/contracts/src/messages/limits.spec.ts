import { describe, expect, it } from '@jest/globals';
import { BATCH_LEAVES_MAX, batchSealed } from './anchor.js';
import { BATCH_SIGNATURE_CHARACTERS_MAX, batchSigned } from './event-batch.js';
import { attestation, RUNTIME_MEMBERS_MAX } from './attestation.js';

const isBatch = (leaves: number) =>
  batchSealed.safeParse({
    batchId: '0198f1f0-0000-7000-8000-000000000001',
    logIndex: '1',
    entry: '{}',
    leaves: Array(leaves).fill('00'.repeat(32)),
    sealedAt: '2026-01-02T03:04:05.678Z',
  }).success;
const isAttestation = (members: number) =>
  attestation.safeParse({
    schema: 'attestation_v1',
    build_id: 'build-1',
    capability_hash: '00'.repeat(32),
    runtime: Object.fromEntries(Array.from({ length: members }, (_, index) => [`member-${index}`, 'x'])),
  }).success;

const isSignature = (characters: number) =>
  batchSigned.shape.signature.safeParse('s'.repeat(characters)).success;

describe('limits of messages', () => {
  it.each([
    ['leaves of a batch', BATCH_LEAVES_MAX, isBatch],
    ['characters of a signature', BATCH_SIGNATURE_CHARACTERS_MAX, isSignature],
    ['members of a runtime', RUNTIME_MEMBERS_MAX, isAttestation],
  ])('as many %s as may be (%d), not one more', (_name, most, isTaken) => {
    expect(isTaken(most)).toBe(true);
    expect(isTaken(most + 1)).toBe(false);
  });
});

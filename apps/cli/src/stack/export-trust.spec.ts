import { describe, expect, it } from '@jest/globals';
import type { KeystoreEntry } from '@touchstone/contracts';
import { bytesToHex, createEcdsaSigner, createEd25519Signer } from '@touchstone/crypto';
import { trustedKeys } from './export-trust.js';

const NOW_MS = Date.parse('2026-06-01T12:00:00Z');

/** A key as a key set has it, with the status of another day. */
function entry(use: KeystoreEntry['use'], changes: Partial<KeystoreEntry> = {}): KeystoreEntry {
  const alg = use === 'output' || use === 'chain-tx' ? 'ES256K' : 'Ed25519';
  const seed = new Uint8Array(32).fill(use.length);
  const { publicKey } = alg === 'ES256K' ? createEcdsaSigner(seed) : createEd25519Signer(seed);
  return {
    kid: `${use}-1`,
    alg,
    use,
    public_key: bytesToHex(publicKey),
    status: 'pending',
    not_before: '2026-01-01T00:00:00Z',
    not_after: '2027-01-01T00:00:00Z',
    ...changes,
  };
}

describe('the keys of an exported trust file', () => {
  it('are those that evidence can be signed with, of outputs with the domain, of event batches with their name', () => {
    const keys = [
      entry('output'),
      entry('event-batch', { name: 'batches.example' }),
      entry('checkpoint', { name: 'log.example' }),
      entry('chain-tx'),
      entry('device'),
      entry('attestation'),
    ];
    const keySet = { type: 'touchstone.key-set.v1', sequence: 0, keys, previous: null } as const;
    expect(trustedKeys({ keySet, domain: 'model-output-v1' }, NOW_MS)).toEqual([
      { ...entry('output'), status: 'active', domains: ['model-output-v1'] },
      { ...entry('event-batch'), status: 'active', name: 'batches.example' },
    ]);
  });
});

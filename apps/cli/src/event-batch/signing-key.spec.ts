import { describe, expect, it } from '@jest/globals';
import { bytesToHex, createEd25519Signer, parseKeystore } from '@touchstone/crypto';
import type { BatchKeys } from '@touchstone/event-batch';
import { exitCodes } from '../exit-codes.js';
import { findSigner, seedVariable } from './signing-key.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const seed = (byte: number): string => bytesToHex(new Uint8Array(32).fill(byte));
const entry = (kid: string, byte: number, notAfter: string, more: object = {}) => ({
  kid,
  alg: 'Ed25519',
  use: 'event-batch',
  public_key: bytesToHex(createEd25519Signer(new Uint8Array(32).fill(byte)).publicKey),
  status: 'active',
  not_before: '2026-01-01T00:00:00Z',
  not_after: notAfter,
  ...more,
});
const keystoreOf = (...keys: object[]): BatchKeys => {
  const read = parseKeystore({ version: 1, keys }, NOW);
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read;
};

const older = entry('ci.older', 1, '2026-07-01T00:00:00Z');
const newer = entry('ci.newer', 2, '2026-12-01T00:00:00Z');
const choice = { kid: undefined, atMs: NOW, nowMs: NOW };
const refusal = (message: RegExp): unknown =>
  expect.objectContaining({ exitCode: exitCodes.configuration, message: expect.stringMatching(message) });

describe('the key that signs (R-BATCH-3)', () => {
  const both = keystoreOf(older, newer);

  it('is the one whose seed is set, of several the one that is valid last', () => {
    const kidOf = (environment: Record<string, string>): string =>
      findSigner(both, choice, environment).key.kid;
    expect(kidOf({ ORACLE_ED25519_SEED: seed(1) })).toBe('ci.older');
    expect(kidOf({ ORACLE_ED25519_SEED: seed(2) })).toBe('ci.newer');
    expect(kidOf({ [seedVariable('ci.older')]: seed(1), ORACLE_ED25519_SEED: seed(2) })).toBe('ci.older');
    expect(kidOf({ ORACLE_ED25519_SEED_CI_OLDER: seed(1), ORACLE_ED25519_SEED_CI_NEWER: seed(2) })).toBe(
      'ci.newer',
    );
    expect(findSigner(both, { ...choice, kid: 'ci.older' }, { ORACLE_ED25519_SEED: seed(1) }).key.kid).toBe(
      'ci.older',
    );
  });

  it('is none without its seed, and the message names the variable', () => {
    expect(() => findSigner(both, choice, {})).toThrow(
      refusal(/Set ORACLE_ED25519_SEED_CI_NEWER \(or ORACLE_ED25519_SEED\)/),
    );
    expect(() => findSigner(both, choice, { ORACLE_ED25519_SEED: 'x' })).toThrow(
      refusal(/expected 64 lower-case hex/),
    );
    expect(() => findSigner(both, choice, { ORACLE_ED25519_SEED: seed(3) })).toThrow(
      refusal(/another public key/),
    );
    expect(() => findSigner(both, choice, { ORACLE_ED25519_SEED_CI_NEWER: seed(1) })).toThrow(
      refusal(/is not that of ci.newer/),
    );
  });

  it('may sign at the time of the batch', () => {
    const environment = { ORACLE_ED25519_SEED: seed(1) };
    const revoked = entry('gone', 1, '2026-12-01T00:00:00Z', {
      status: 'revoked',
      revoked_at: '2026-05-01T00:00:00Z',
    });
    expect(() => findSigner(keystoreOf(revoked), choice, environment)).toThrow(
      refusal(/gone: The key is revoked/),
    );
    const stated = entry('stated', 1, '2026-12-01T00:00:00Z', { status: 'retired' });
    expect(() => findSigner(keystoreOf(stated), choice, environment)).toThrow(
      refusal(/stated: .*contradicts/),
    );
    expect(() => findSigner(keystoreOf(), choice, environment)).toThrow(
      refusal(/It has none for event-batch/),
    );
    const late = { ...choice, atMs: Date.parse('2026-07-02T00:00:00Z') };
    expect(() => findSigner(keystoreOf(older), late, environment)).toThrow(refusal(/after not_after/));
  });
});

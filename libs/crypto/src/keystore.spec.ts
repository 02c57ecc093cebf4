import { describe, expect, it } from '@jest/globals';
import { keyUses, type KeystoreEntry } from '@touchstone/contracts';
import {
  bytesToHex,
  ecdsaPublicKey,
  ed25519PublicKey,
  findKey,
  KEYSTORE_KEYS_MAX,
  parseKeystore,
  parseUtcTime,
  readKeys,
  useMatchesAlg,
  withStatusesAt,
} from './index.js';

const NOW = parseUtcTime('2026-01-15T00:00:00Z') ?? 0;
const seed = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const ed = (byte: number): string => bytesToHex(ed25519PublicKey(seed(byte)));
const ec = (byte: number): string => bytesToHex(ecdsaPublicKey(seed(byte)));

const entry = {
  kid: 'log-2026',
  alg: 'Ed25519',
  use: 'checkpoint',
  name: 'log.example/one',
  public_key: ed(1),
  status: 'active',
  not_before: '2026-01-01T00:00:00Z',
  not_after: '2026-12-31T00:00:00Z',
};
const output = { ...entry, kid: 'out', alg: 'ES256K', use: 'output', public_key: ec(1) };
const revoked = {
  ...entry,
  status: 'revoked',
  retired_at: '2026-12-31T00:00:00Z',
  revoked_at: '2026-01-10T00:00:00Z',
  compromised_since: '2026-01-10T00:00:00Z',
};

const read = (...keys: unknown[]) => parseKeystore({ version: 1, keys }, NOW);
function pointers(value: unknown): readonly string[] {
  const reading = parseKeystore(value, NOW);
  return reading.ok ? [] : reading.errors.map(({ pointer }) => pointer);
}

describe('keystore (R-BATCH-3)', () => {
  it('reads keys of both algorithms with their times in milliseconds', () => {
    const reading = read(entry, output);
    expect(reading).toMatchObject({ ok: true, refused: [] });
    if (!reading.ok) return;
    expect(reading.keys[0]).toEqual({
      kid: 'log-2026',
      alg: 'Ed25519',
      use: 'checkpoint',
      name: 'log.example/one',
      publicKey: ed25519PublicKey(seed(1)),
      status: 'active',
      notBefore: parseUtcTime(entry.not_before),
      notAfter: parseUtcTime(entry.not_after),
    });
    expect(reading.keys[1]?.publicKey).toEqual(ecdsaPublicKey(seed(1)));
  });

  it('reads every optional time', () => {
    const { name: _name, ...nameless } = revoked;
    const reading = read(nameless);
    expect(reading).toMatchObject({
      ok: true,
      keys: [
        {
          retiredAt: parseUtcTime(revoked.retired_at),
          revokedAt: parseUtcTime(revoked.revoked_at),
          compromisedSince: parseUtcTime(revoked.compromised_since),
        },
      ],
    });
    expect(reading.ok && reading.keys[0] && 'name' in reading.keys[0]).toBe(false);
  });

  it('refuses a key whose status contradicts its times, and only that key', () => {
    expect(read({ ...entry, status: 'retired' }, output)).toMatchObject({
      ok: true,
      keys: [{ kid: 'out' }],
      refused: [
        { kid: 'log-2026', reason: 'status-contradicts-times', stated: 'retired', computed: 'active' },
      ],
    });
  });

  it('compares the status at the time that the caller gives', () => {
    const later = parseUtcTime('2027-01-03T00:00:00Z') ?? 0;
    expect(parseKeystore({ version: 1, keys: [entry] }, later)).toMatchObject({
      refused: [{ computed: 'retiring' }],
    });
  });

  it.each([null, [], 'keys', 1, undefined])('refuses %j instead of an object', (value) => {
    expect(pointers(value)).toEqual(['']);
  });

  it('refuses another version, a list that is none and unknown members, each by its pointer', () => {
    expect(pointers({ version: 2, keys: {}, 'a/b~': 1 })).toEqual(['/a~1b~0', '/version', '/keys']);
    expect(pointers({ version: 1, keys: [entry], note: '' })).toEqual(['/note']);
    expect(pointers({ version: '1', keys: [{ ...entry, use: 'all' }] })).toEqual(['/version', '/keys/0/use']);
  });

  it('reads as many keys as the limit and not one more', () => {
    const many = (count: number) => Array.from({ length: count }, () => 0);
    expect(pointers({ version: 1, keys: many(KEYSTORE_KEYS_MAX) })).toHaveLength(KEYSTORE_KEYS_MAX);
    expect(pointers({ version: 1, keys: many(KEYSTORE_KEYS_MAX + 1) })).toEqual(['/keys']);
  });

  it.each([
    ['an unknown member', { ...entry, domains: [] }, '/keys/0/domains'],
    ['a missing kid', { ...entry, kid: undefined }, '/keys/0/kid'],
    ['an unknown algorithm', { ...entry, alg: 'RS256' }, '/keys/0/alg'],
    ['an unknown use', { ...entry, use: 'everything' }, '/keys/0/use'],
    ['an unknown status', { ...entry, status: 'ACTIVE' }, '/keys/0/status'],
    ['two uses', { ...entry, use: ['checkpoint', 'witness'] }, '/keys/0/use'],
    ['an algorithm that does not serve the use', { ...entry, use: 'output' }, '/keys/0/alg'],
    ['a name with a space', { ...entry, name: 'my log' }, '/keys/0/name'],
    ['a name with a plus sign', { ...entry, name: 'log+1' }, '/keys/0/name'],
    ['an empty name', { ...entry, name: '' }, '/keys/0/name'],
    ['upper-case hex', { ...entry, public_key: ed(1).toUpperCase() }, '/keys/0/public_key'],
    ['a short Ed25519 key', { ...output, alg: 'Ed25519', use: 'device' }, '/keys/0/public_key'],
    ['an Ed25519 key of small order', { ...entry, public_key: '00'.repeat(32) }, '/keys/0/public_key'],
    [
      'a key that is no secp256k1 point',
      { ...output, public_key: `02${'ff'.repeat(32)}` },
      '/keys/0/public_key',
    ],
    ['a day that does not exist', { ...entry, not_before: '2026-02-30T00:00:00Z' }, '/keys/0/not_before'],
    ['a time with an offset', { ...entry, not_after: '2026-02-01T00:00:00+01:00' }, '/keys/0/not_after'],
    ['an end before the start', { ...entry, not_after: '2025-12-31T23:59:59.999Z' }, '/keys/0/not_after'],
    [
      'a retirement before the end',
      { ...entry, retired_at: '2026-12-30T23:59:59.999Z' },
      '/keys/0/retired_at',
    ],
    ['a compromise without a revocation', { ...revoked, revoked_at: undefined }, '/keys/0/compromised_since'],
    [
      'a compromise after the revocation',
      { ...revoked, compromised_since: '2026-01-10T00:00:00.001Z' },
      '/keys/0/compromised_since',
    ],
  ])('refuses %s', (_name, value, pointer) => {
    expect(pointers({ version: 1, keys: [value] })).toEqual([pointer]);
  });

  it('registers a key id once and a public key once, whatever its use', () => {
    expect(pointers({ version: 1, keys: [entry, { ...entry, use: 'witness' }] })).toEqual([
      '/keys/1/kid',
      '/keys/1/public_key',
    ]);
    expect(
      pointers({ version: 1, keys: [entry, output, { ...entry, kid: 'b', use: 'event-batch' }] }),
    ).toEqual(['/keys/2/public_key']);
  });

  it('reads entries of another document with the pointers of that document', () => {
    const status = 'active' as const;
    const typed = { ...entry, alg: 'Ed25519' as const, use: 'witness' as const, status };
    expect(readKeys([typed], NOW)).toMatchObject({ ok: true, keys: [{ use: 'witness' }] });
    expect(readKeys([{ ...typed, public_key: 'no hex' }], NOW, '/trust/keys')).toMatchObject({
      ok: false,
      errors: [{ pointer: '/trust/keys/0/public_key' }],
    });
  });

  it('finds a key for its use only', () => {
    const reading = read(entry, output);
    const keys = reading.ok ? reading.keys : [];
    expect(findKey(keys, 'out', 'output')).toEqual({ key: keys[1] });
    expect(findKey(keys, 'out', 'chain-tx')).toEqual({ reason: 'other-use' });
    expect(findKey(keys, 'nobody', 'output')).toEqual({ reason: 'unknown-key' });
  });

  it('signs outputs and transactions with secp256k1, batches and notes with Ed25519, the rest with either', () => {
    const served = (alg: 'Ed25519' | 'ES256K') => keyUses.filter((use) => useMatchesAlg(use, alg));
    expect(served('ES256K')).toEqual(['output', 'device', 'attestation', 'receipt', 'chain-tx']);
    expect(served('Ed25519')).toEqual([
      'event-batch',
      'checkpoint',
      'witness',
      'device',
      'attestation',
      'receipt',
    ]);
  });
});

describe('withStatusesAt', () => {
  const signing = { ...output } as KeystoreEntry;
  const endMs = parseUtcTime(signing.not_after) ?? 0;
  const statusAt = (atMs: number) => withStatusesAt([signing], atMs)[0]?.status;

  it('states what the times give, so that a reader at that time finds no contradiction', () => {
    expect([NOW, endMs, endMs + 1, endMs + 8 * 86_400_000].map(statusAt)).toEqual([
      'active',
      'active',
      'retiring',
      'retired',
    ]);
    for (const atMs of [endMs, endMs + 1])
      expect(readKeys(withStatusesAt([signing], atMs), atMs)).toMatchObject({ ok: true, refused: [] });
  });

  it('leaves alone what fits already and what cannot be read', () => {
    const broken = { ...signing, not_after: '2026-02-30T00:00:00Z' };
    expect(withStatusesAt([signing, broken], NOW)).toEqual([signing, broken]);
  });
});

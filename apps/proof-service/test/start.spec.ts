import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource, runMigrations } from '@touchstone/postgres';
import { ANCHOR_SUBMITTERS_MAX, IPFS_AUTHORIZATION_CHARACTERS_MAX } from '../src/config.js';
import { setTimeout as delay } from 'node:timers/promises';
import { ProofFixture } from './support/proof-fixture.js';

/** Longer than a start takes that has all that it needs. */
const WAITS_MS = 3_000;

let fixture: ProofFixture;
beforeAll(async () => {
  fixture = await ProofFixture.create();
});
afterAll(() => fixture.close());

describe('migrations', () => {
  it('go down and up again, and a service that starts in between waits for them', async () => {
    const options = fixture.databaseOptions;
    const dataSource = await createDataSource(options).initialize();
    await dataSource.undoLastMigration();
    await dataSource.undoLastMigration();
    const starting = fixture.start();
    expect(await Promise.race([starting, delay(WAITS_MS, 'waits')])).toBe('waits');
    expect(await runMigrations(options)).toHaveLength(2);
    expect(await runMigrations(options)).toEqual([]);
    await dataSource.destroy();
    const client = await starting;
    expect(client.ports.http).toBeGreaterThan(0);
  });
});

describe('configuration', () => {
  const addresses = (count: number) =>
    Array.from({ length: count }, (_, index) => `0x${index.toString(16).padStart(40, '0')}`).join(',');

  it('takes as many earlier anchor keys as the limit', () => {
    const config = fixture.config({ TOUCHSTONE_ANCHOR_SUBMITTERS: addresses(ANCHOR_SUBMITTERS_MAX) });
    expect(config.TOUCHSTONE_ANCHOR_SUBMITTERS).toHaveLength(ANCHOR_SUBMITTERS_MAX);
  });

  it('takes a login of the IPFS node of up to as many characters as the limit', () => {
    const login = (length: number) => `Bearer ${'x'.repeat(length - 7)}`;
    const configured = (TOUCHSTONE_IPFS_API_AUTHORIZATION: string) =>
      fixture.config({ TOUCHSTONE_IPFS_API_AUTHORIZATION }).TOUCHSTONE_IPFS_API_AUTHORIZATION;
    expect(configured(login(IPFS_AUTHORIZATION_CHARACTERS_MAX))).toHaveLength(
      IPFS_AUTHORIZATION_CHARACTERS_MAX,
    );
    expect(() => configured(login(IPFS_AUTHORIZATION_CHARACTERS_MAX + 1))).toThrow('AUTHORIZATION');
  });

  it.each([
    ['TOUCHSTONE_OBJECT_FOLDER', 'objects'],
    ['TOUCHSTONE_IPFS_API_URL', 'ftp://127.0.0.1'],
    ['TOUCHSTONE_IPFS_API_URL', 'http://user:password@127.0.0.1:5001'],
    ['TOUCHSTONE_IPFS_API_URL', 'http://127.0.0.1:5001/?pin=false'],
    ['TOUCHSTONE_IPFS_API_AUTHORIZATION', 'token'],
    ['TOUCHSTONE_IPFS_API_AUTHORIZATION', 'Bearer a\r\nb: c'],
    ['TOUCHSTONE_ANCHOR_SUBMITTERS', addresses(ANCHOR_SUBMITTERS_MAX + 1)],
    ['TOUCHSTONE_ANCHOR_SUBMITTERS', '0x12'],
    ['TOUCHSTONE_ANCHOR_CONTRACTS', 'contract'],
    ['TOUCHSTONE_ANCHOR_CONTRACTS', '{"eip155:8453":"contract"}'],
    ['TOUCHSTONE_ANCHOR_CONTRACTS', `{"base":"0x${'11'.repeat(20)}"}`],
    ['TOUCHSTONE_ANCHOR_CONTRACTS', '{}'],
    ['TOUCHSTONE_EVIDENCE_CACHE_BYTES', '-1'],
    ['TOUCHSTONE_LOG_ORIGIN', ''],
    ['TOUCHSTONE_UNKNOWN', '1'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => fixture.config({ [name]: value })).toThrow(name);
  });
});

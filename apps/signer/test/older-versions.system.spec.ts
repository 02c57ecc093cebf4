import { describe, expect, it } from '@jest/globals';
import { canonicalBytes } from '@touchstone/canonical-json';
import type { KeySet, KeystoreEntry } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { Outbox } from '@touchstone/postgres';
import { FakeClock, oldOutbox, olderVersions } from '@touchstone/testing';
import type { Config } from '../src/config.js';
import { PostgresAuditLog } from '../src/persistence/postgres-audit-log.js';
import { PostgresCheckpointStore } from '../src/persistence/postgres-checkpoint-store.js';
import { PostgresKeySetStore } from '../src/persistence/postgres-key-set-store.js';
import { service } from '../src/service.js';

const ORIGIN = 'log.example/touchstone';
const NOTE = `${ORIGIN}\n9007199254740993\nqqqq\n\n— ${ORIGIN} abcd\n`;
const ROOT = 'cd'.repeat(32);
const DIGEST = 'ef'.repeat(32);

const key = (kid: string, status: KeystoreEntry['status']): KeystoreEntry => ({
  ...{ kid, alg: 'ES256K', use: 'output', public_key: `02${'ab'.repeat(32)}`, status },
  ...{ not_before: '2026-11-01T00:00:00Z', not_after: '2036-11-01T00:00:00Z' },
});
const first: KeySet = {
  ...{ type: 'touchstone.key-set.v1', sequence: 0, previous: null },
  keys: [key('output-1', 'active')],
};
const hashOf = (set: KeySet): string => bytesToHex(sha256(canonicalBytes(set)));
const second: KeySet = {
  ...{ type: 'touchstone.key-set.v1', sequence: 1, previous: hashOf(first) },
  keys: [key('output-1', 'retired'), key('output-2', 'active')],
};

const rows = `
  INSERT INTO signer.signing_audit (caller, operation, key_id, digest, result, reason) VALUES
    ('inference-gateway', 'sign-output', 'output-1', '\\x${DIGEST}', 'signed', NULL),
    ('anchor-worker', 'sign-checkpoint', '${ORIGIN}+log', '\\x${ROOT}', 'refused', 'The log shrank.');
  INSERT INTO signer.signed_checkpoint (origin, size, root, note) VALUES
    ('${ORIGIN}', 2, '\\x${DIGEST}', 'an older note'),
    ('${ORIGIN}', 9007199254740993, '\\x${ROOT}', '${NOTE}');
  INSERT INTO signer.key_set (sequence, body, hash) VALUES
    (0, '${JSON.stringify(first)}', '\\x${hashOf(first)}'),
    (1, '${JSON.stringify(second)}', '\\x${hashOf(second)}');`;

const batch = {
  ...{ batchId: '01900000-0000-7000-8000-000000000001', tenant: '0190aaaa-0000-4000-8000-000000000001' },
  ...{ format: 'event-batch-v2', batch_ts: '2026-11-01T00:00:00.000Z' },
};
const eventBatches = `
  INSERT INTO signer.event_batch (batch_id, tenant, format, batch_ts, root, caller, body) VALUES
    ('${batch.batchId}', '${batch.tenant}', '${batch.format}', '${batch.batch_ts}', '\\x${ROOT}', 'collector',
     '${JSON.stringify(batch)}');`;

const versions = olderVersions({
  service: 'signer',
  optionsFor: (url) => service.databaseOptions({ DATABASE_URL: url } as Config),
  rows: [
    { sql: rows },
    { since: 'EventBatches1796400000000', sql: eventBatches },
    ...oldOutbox('signer', 'evt.v1.signing.key-set.changed', { keySet: second }),
  ],
  taken: ['inbox'],
  expectRows: async (dataSource, version) => {
    if (version === 'EventBatches1796400000000')
      expect(await dataSource.query('SELECT body FROM signer.event_batch')).toEqual([{ body: batch }]);
    const clock = new FakeClock('2026-12-01T00:00:00Z');
    const keySets = new PostgresKeySetStore(dataSource, new Outbox(dataSource), clock);
    expect(await keySets.current()).toEqual(second);
    // The chain of versions goes on from the stored hash.
    const third = await keySets.publish([key('output-2', 'active'), key('output-3', 'active')]);
    expect(third).toMatchObject({ sequence: 2, previous: hashOf(second) });

    const checkpoints = new PostgresCheckpointStore(dataSource);
    const kept = await checkpoints.withLog(ORIGIN, async ({ record: { last, fence } }) => {
      if (last === undefined) throw new Error('The guard against signing twice knows no checkpoint.');
      expect(fence).toBeUndefined();
      return last;
    });
    expect({ ...kept, root: bytesToHex(kept.root) }).toEqual({
      size: 9_007_199_254_740_993n,
      root: ROOT,
      note: NOTE,
    });

    const audit = new PostgresAuditLog(dataSource);
    await audit.append({
      ...{ caller: 'inference-gateway', operation: 'sign-output', keyId: 'output-2', result: 'signed' },
      ...{ digest: new Uint8Array(32), reason: null },
    });
    await audit.close();
    expect(
      await dataSource.query('SELECT id::int, result, reason FROM signer.signing_audit ORDER BY id'),
    ).toEqual([
      { id: 1, result: 'signed', reason: null },
      { id: 2, result: 'refused', reason: 'The log shrank.' },
      { id: 3, result: 'signed', reason: null },
    ]);
  },
});

describe('a database of an older version', () => {
  it.each(versions)('that had $version as its last migration loses nothing', ({ check }) => check(), 60_000);
});

import { describe, expect, it } from '@jest/globals';
import { oldOutbox, olderVersions } from '@touchstone/testing';
import type { Config } from '../src/config.js';
import { PostgresNodeReader } from '../src/persistence/postgres-node-reader.js';
import { service } from '../src/service.js';

const HASH = 'a1'.repeat(32);
const OTHER_HASH = 'b2'.repeat(32);
const FIRST_AT = '2026-11-21T08:00:00.123Z';
const LAST_AT = '2026-11-21T09:00:00.456Z';
const runtime = { os: 'linux', node: 'v20.19.0' };
const build = { buildId: 'build-1', capabilityHash: HASH, runtime };

// One that drifted, with all there is, and one that never attested.
const nodes = `
  INSERT INTO attestation.node (node_id, status, health, first_seen_at, first_build_id, first_capability_hash,
    first_runtime, last_seen_at, last_build_id, last_capability_hash, last_runtime, drift_count, spoof_count,
    last_change_at, last_heartbeat_at, last_ts_utc, clock_skew_ms, reporter, previous_reporter, reporter_changed_at,
    history_length)
  VALUES
    ('node-1', 'SPOOF_SUSPECT', 'YELLOW', '${FIRST_AT}', 'build-1', '\\x${HASH}', '${JSON.stringify(runtime)}',
     '${LAST_AT}', 'build-1', '\\x${OTHER_HASH}', '${JSON.stringify(runtime)}', 3, 2, '${LAST_AT}', '${LAST_AT}',
     '2026-11-21T09:00:01.000Z', 544, 'inference-gateway', 'http', '${FIRST_AT}', 2),
    ('node-2', 'MISSING', 'GREEN', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, '${FIRST_AT}', '${FIRST_AT}',
     '${FIRST_AT}', 0, 'http', NULL, NULL, 1);
  INSERT INTO attestation.node_history
    (node_id, slot, number, at, status, health, build_id, capability_hash, runtime, reporter)
  VALUES
    ('node-1', 0, 0, '${FIRST_AT}', 'OK', 'GREEN', 'build-1', '\\x${HASH}', '${JSON.stringify(runtime)}', 'http'),
    ('node-1', 1, 1, '${LAST_AT}', 'SPOOF_SUSPECT', 'YELLOW', 'build-1', '\\x${OTHER_HASH}',
     '${JSON.stringify(runtime)}', 'inference-gateway'),
    ('node-2', 0, 0, '${FIRST_AT}', 'MISSING', 'GREEN', NULL, NULL, NULL, 'http');`;

const audit = `
  INSERT INTO attestation.audit (number, at, event, node_id, reason, old_cap_prefix, new_cap_prefix, old_build, new_build,
    reporter, remote_addr)
  VALUES (1, '${FIRST_AT}', 'ATTESTATION_DRIFT', 'node-1', NULL, 'a1a1a1a1', 'b2b2b2b2', 'build-0', 'build-1', 'http',
    '10.0.0.7');
  UPDATE attestation.audit_end SET number = 1;`;

const decisions = `
  INSERT INTO attestation.quarantine VALUES ('node-1', 'why', '${LAST_AT}');
  INSERT INTO attestation.baseline VALUES ('node-1', '[]', true, '${FIRST_AT}');
  INSERT INTO attestation.rollout VALUES ('wave', 'node-', NULL, 'build-2', '\\x${OTHER_HASH}', '${FIRST_AT}', '${LAST_AT}',
    'cancelled', '${LAST_AT}');`;

const keys = `
  INSERT INTO attestation.join_token VALUES ('\\x${HASH}', 'node-2', '${LAST_AT}', NULL);
  INSERT INTO attestation.node_key VALUES ('${HASH}', 'node-2', '\\x${HASH}', 'revoked', '${FIRST_AT}', '${LAST_AT}',
    '1.${'ab'.repeat(16)}', '${FIRST_AT}');`;

const versions = olderVersions({
  service: 'attestation-hub',
  optionsFor: (url) => service.databaseOptions({ DATABASE_URL: url } as Config),
  rows: [
    { sql: nodes },
    { since: 'JudgedNodes1796000000000', sql: audit },
    { since: 'GovernedNodes1798000000000', sql: decisions },
    { since: 'NodeKeys1798100000000', sql: keys },
    ...oldOutbox('attestation', 'evt.v1.attestation.node.changed', {
      ...{ nodeId: 'node-1', status: 'SPOOF_SUSPECT', previous: 'OK' },
      changedAt: LAST_AT,
    }),
  ],
  taken: ['inbox'],
  expectRows: async (dataSource) => {
    const reader = new PostgresNodeReader(dataSource);
    const [firstMs, lastMs] = [Date.parse(FIRST_AT), Date.parse(LAST_AT)];
    expect(await reader.list({ limit: 10, silentBeforeMs: firstMs })).toEqual([
      {
        nodeId: 'node-1',
        status: 'SPOOF_SUSPECT',
        health: 'YELLOW',
        reportedHealth: 'YELLOW',
        firstSeen: { ...build, atMs: firstMs },
        lastSeen: { ...build, capabilityHash: OTHER_HASH, atMs: lastMs },
        driftCount: 3,
        spoofCount: 2,
        lastChangeMs: lastMs,
        lastHeartbeat: { atMs: lastMs, tsUtc: '2026-11-21T09:00:01.000Z', clockSkewMs: 544 },
        reporter: { current: 'inference-gateway', previous: 'http', changedAtMs: firstMs },
        // A node of then has its whole allowance.
        refills: { heartbeatsMs: 0, statusChangesMs: 0 },
        recentRuns: [],
        staleSinceMs: null,
        standing: null,
        signedKeyId: null,
        conduct: null,
        skewToldMs: 0,
        nonce: null,
        historyLength: 2,
      },
      expect.objectContaining({ nodeId: 'node-2', status: 'MISSING', firstSeen: null, lastSeen: null }),
    ]);
    expect(await reader.history('node-1')).toEqual([
      {
        ...{
          number: 1,
          atMs: lastMs,
          status: 'SPOOF_SUSPECT',
          health: 'YELLOW',
          reporter: 'inference-gateway',
        },
        attestation: { ...build, capabilityHash: OTHER_HASH },
      },
      { number: 0, atMs: firstMs, status: 'OK', health: 'GREEN', reporter: 'http', attestation: build },
    ]);
    expect((await reader.history('node-2'))[0]?.attestation).toBeNull();
    expect(await reader.count(lastMs, firstMs)).toMatchObject({
      byStatus: { SPOOF_SUSPECT: 1, MISSING: 0, STALE: 1 },
      drifts: 0,
      spoofs: 0,
    });
  },
});

describe('a database of an older version', () => {
  it.each(versions)('that had $version as its last migration loses nothing', ({ check }) => check(), 60_000);
});

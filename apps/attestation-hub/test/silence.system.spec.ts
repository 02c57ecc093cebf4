import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Outbox } from '@touchstone/postgres';
import { waitUntil, type ServiceDataSource } from '@touchstone/testing';
import { ServiceFixture, surroundingsOf } from '@touchstone/testing/service';
import type { AuditRecord } from '../src/domain/audit.js';
import {
  SILENCE_COMMITS_PER_LOOK_MAX,
  SILENT_NODES_PER_COMMIT_MAX,
  WatchSilence,
} from '../src/domain/watch-silence.js';
import { Zones } from '../src/domain/zones.js';
import { PostgresSilentNodeStore } from '../src/persistence/postgres-silent-node-store.js';
import { service } from '../src/service.js';
import { bareHeartbeatAt, heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';

const AFTER_MS = 50_000;

let fixture: HubFixture;
let hub: Hub;
let dataSource: ServiceDataSource;
const now = () => fixture.clock.nowMs();
const told: AuditRecord[] = [];

/** What looks for silent nodes in one replica. */
function watcher(): WatchSilence {
  const settings = { staleAfterMs: AFTER_MS, auditLinesMax: 1_000_000, zones: new Zones() };
  const store = new PostgresSilentNodeStore(dataSource, new Outbox(dataSource), settings);
  const audit = { record: (record: AuditRecord) => void told.push(record) };
  return new WatchSilence(store, audit, { decided: () => undefined }, fixture.clock);
}

const eventsOf = async (id: string) =>
  ((await fixture.events()) as { nodeId: string; status: string; previous: string | null }[])
    .filter(({ nodeId }) => nodeId === id)
    .map(({ status, previous }) => `${previous} ${status}`);

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start({ TOUCHSTONE_NODES_MAX: '100000' });
  dataSource = await fixture.dataSource();
}, 60_000);

afterAll(async () => fixture.close());

describe('a node that falls silent', () => {
  it('is told as STALE once, however many replicas look, and is what it was with its next heartbeat', async () => {
    const node_id = 'quiet';
    await hub.beat(heartbeatAt(now(), { node_id }));
    const since = new Date(now() + AFTER_MS).toISOString();
    fixture.clock.advance(AFTER_MS);
    expect(await watcher().run()).toBe(0);
    fixture.clock.advance(7_000);
    const found = await Promise.all([watcher().run(), watcher().run(), watcher().run()]);
    expect(found.sort()).toEqual([0, 0, 1]);
    expect(await watcher().run()).toBe(0);
    expect(await hub.node(node_id)).toMatchObject({
      ...{ status: 'STALE', judged: 'OK', stale: true, health: 'GREEN', lastChange: since },
      history: [{ status: 'STALE', at: since, attestation: null }, { status: 'OK' }],
    });
    expect(told).toEqual([expect.objectContaining({ event: 'ATTESTATION_STALE', node_id, ts_utc: since })]);
    expect(await hub.auditPage(`?event=ATTESTATION_STALE&node=${node_id}`)).toHaveLength(1);
    expect(await hub.beat(heartbeatAt(now(), { node_id }))).toMatchObject({ status: 'OK' });
    expect(await hub.node(node_id)).toMatchObject({ status: 'OK', stale: false });
    expect(await eventsOf(node_id)).toEqual(['null OK', 'OK STALE', 'STALE OK']);
  });

  it('may come and go more often than it may change its status, for silence costs nothing', async () => {
    const node_id = 'flapping';
    for (let round = 0; round < 15; round += 1) {
      expect((await hub.send(heartbeatAt(now(), { node_id }))).status).toBe(200);
      fixture.clock.advance(AFTER_MS + 1);
      await watcher().run();
    }
    expect(await eventsOf(node_id)).toHaveLength(30);
  });

  it('is judged as before when it speaks again (R-NODE-4)', async () => {
    const node_id = 'changed';
    await hub.beat(heartbeatAt(now(), { node_id }));
    fixture.clock.advance(10 * AFTER_MS);
    await watcher().run();
    expect(await hub.beat(bareHeartbeatAt(now(), { node_id }))).toMatchObject({ status: 'MISSING' });
    const { attestation } = heartbeatAt(now());
    const other = attestation && { ...attestation, build_id: 'build-2' };
    const drifted = heartbeatAt(now(), { node_id, ...(other && { attestation: other }) });
    expect(await hub.beat(drifted)).toMatchObject({ status: 'DRIFT', health: 'YELLOW' });
  });
});

describe('a look for silent nodes', () => {
  const insert = (prefix: string, count: number) =>
    dataSource.query(
      `INSERT INTO attestation.node (node_id, status, health, drift_count, spoof_count, last_change_at, last_heartbeat_at,
         last_ts_utc, clock_skew_ms, reporter, history_length)
       SELECT $1 || number, 'MISSING', 'GREEN', 0, 0, $2::timestamptz, $2::timestamptz, $2, 0, 'http', 0
       FROM generate_series(1, $3) AS number`,
      [prefix, new Date(now()).toISOString(), count],
    );

  it('finds SILENT_NODES_PER_COMMIT_MAX nodes with one commit, and one more with the next', async () => {
    const store = new PostgresSilentNodeStore(dataSource, new Outbox(dataSource), {
      ...{ staleAfterMs: AFTER_MS, auditLinesMax: 1_000_000, zones: new Zones() },
    });
    fixture.clock.advance(2 * AFTER_MS);
    await watcher().run();
    await insert('many-', SILENT_NODES_PER_COMMIT_MAX + 1);
    fixture.clock.advance(2 * AFTER_MS);
    expect(await store.notice(now(), SILENT_NODES_PER_COMMIT_MAX)).toHaveLength(SILENT_NODES_PER_COMMIT_MAX);
    expect(await store.notice(now(), SILENT_NODES_PER_COMMIT_MAX)).toHaveLength(1);
  });

  it('makes SILENCE_COMMITS_PER_LOOK_MAX commits and leaves the rest to the next', async () => {
    const most = SILENT_NODES_PER_COMMIT_MAX * SILENCE_COMMITS_PER_LOOK_MAX;
    await insert('crowd-', most + 1);
    fixture.clock.advance(2 * AFTER_MS);
    expect(await watcher().run()).toBe(most);
    expect(await watcher().run()).toBe(1);
  }, 60_000);

  it('leaves a node that a heartbeat holds, and does not wait for it', async () => {
    const node_id = 'held';
    await hub.beat(heartbeatAt(now(), { node_id }));
    fixture.clock.advance(2 * AFTER_MS);
    await dataSource.transaction(async (manager) => {
      await manager.query('SELECT 1 FROM attestation.node WHERE node_id = $1 FOR UPDATE', [node_id]);
      expect(await watcher().run()).toBe(0);
    });
    expect(await watcher().run()).toBe(1);
  });
});

describe('a hub that runs', () => {
  it('looks of its own accord', async () => {
    const real = new ServiceFixture(await surroundingsOf(service, { TOUCHSTONE_HEARTBEAT_TOKENS: 'off' }));
    try {
      const running = await real.start({ TOUCHSTONE_STALE_AFTER_MS: '1000' });
      await running.post('/v1/nodes/heartbeat', heartbeatAt(Date.now()));
      await waitUntil(async () => (await real.events()).length === 2, 20_000);
      expect(await real.events()).toMatchObject([{ status: 'OK' }, { status: 'STALE', previous: 'OK' }]);
    } finally {
      await real.close();
    }
  }, 60_000);
});

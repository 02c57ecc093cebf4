import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { STANDING_NODES_MAX, type NodeChanged } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import { Outbox } from '@touchstone/postgres';
import type { ServiceDataSource } from '@touchstone/testing';
import { MakeDecisions, RECONSIDERED_PER_COMMIT_MAX } from '../src/domain/make-decisions.js';
import { Zones } from '../src/domain/zones.js';
import { PostgresPolicyStore } from '../src/persistence/postgres-policy-store.js';
import { PostgresRolloutStore } from '../src/persistence/postgres-rollout-store.js';
import { PostgresStandingReader } from '../src/persistence/postgres-standing-reader.js';
import { bareHeartbeatAt, heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';

const policy = [
  { zone: 'named', nodes: ['prod-named', 'prod-absent'], mode: 'enforce', rules: ['MISSING'] },
  { zone: 'prod', prefix: 'prod-', mode: 'enforce' },
  { zone: 'edge', prefix: 'edge-', mode: 'warn' },
  { zone: 'lab', prefix: 'lab-', rules: ['DRIFT'] },
] as const;
const settings = { TOUCHSTONE_NODE_ZONES: JSON.stringify(policy), TOUCHSTONE_NODES_MAX: '100000' };

let fixture: HubFixture;
let hub: Hub;
let other: Hub;
let signer: RpcClient;
let dataSource: ServiceDataSource;
const now = () => fixture.clock.nowMs();
const built = (node_id: string, build_id: string) => {
  const message = heartbeatAt(now(), { node_id });
  return { ...message, attestation: { ...message.attestation!, build_id } };
};
const eventsOf = async (id: string) =>
  (await fixture.events<NodeChanged>())
    .filter(({ nodeId }) => nodeId === id)
    .map(({ status, blocked, zone }) => `${zone} ${status} ${blocked ? 'blocked' : 'free'}`);
const told = async (node: string) =>
  (await hub.auditPage(`?node=${node}&limit=1000`)).map(({ event }) => event.replace('ATTESTATION_', ''));
const blocked = async () => {
  const { blocked: all } = await signer.call('attestation-hub', 'standing', {});
  return Object.fromEntries(all.map(({ nodeId, reason }) => [nodeId, reason]));
};

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start(settings);
  other = await fixture.start(settings);
  signer = await fixture.client('signer');
  dataSource = await fixture.dataSource();
}, 60_000);

afterAll(async () => fixture.close());

describe('a zone that enforces its policy (R-NODE-7)', () => {
  it('blocks a node that drifts, and no more when its build is approved', async () => {
    const node_id = 'prod-a';
    await hub.beat(built(node_id, 'build-1'));
    expect(await blocked()).not.toHaveProperty(node_id);
    fixture.clock.advance(5_000);
    await other.beat(built(node_id, 'build-2'));
    expect(await blocked()).toMatchObject({ [node_id]: 'drift' });
    expect(await hub.node(node_id)).toMatchObject({
      ...{ zone: 'prod', mode: 'enforce' },
      blocked: true,
      reason: 'drift',
    });
    await hub.operate('POST', `/v1/nodes/${node_id}/baselines`, { current: true });
    await hub.beat(built(node_id, 'build-2'));
    expect(await blocked()).not.toHaveProperty(node_id);
    expect(await eventsOf(node_id)).toEqual(['prod OK free', 'prod DRIFT blocked', 'prod OK free']);
    expect(await told(node_id)).toEqual([
      ...['FIRST_SEEN', 'DRIFT', 'BLOCKED', 'BASELINE_APPROVED', 'UNBLOCKED'],
    ]);
    const [line] = await hub.auditPage(`?node=${node_id}&event=ATTESTATION_BLOCKED`);
    expect(line).toMatchObject({ reason: 'drift', zone: 'prod', reporter: 'policy', remote_addr: null });
  });

  it('blocks a quarantined node at once, also before it was heard, and frees it when it is lifted', async () => {
    for (const node_id of ['prod-q', 'prod-never']) {
      if (node_id === 'prod-q') await hub.beat(heartbeatAt(now(), { node_id }));
      const put = await hub.operate('PUT', `/v1/nodes/${node_id}/quarantine`, { reason: 'stolen' });
      expect(await put.json()).toMatchObject({ blocked: true });
      expect(await blocked()).toMatchObject({ [node_id]: 'quarantined' });
      if (node_id === 'prod-q') {
        await hub.operate('DELETE', `/v1/nodes/${node_id}`);
        expect(await blocked()).toMatchObject({ [node_id]: 'quarantined' });
        await hub.beat(heartbeatAt(now(), { node_id }));
      }
      const lifted = await hub.operate('DELETE', `/v1/nodes/${node_id}/quarantine`);
      expect(await lifted.json()).toMatchObject({ quarantine: null });
    }
    expect(await blocked()).not.toHaveProperty('prod-q');
    expect((await eventsOf('prod-q')).at(-1)).toBe('prod OK free');
    // One that was never heard is in a zone by its beginning alone: nobody knows of it.
    expect(await blocked()).not.toHaveProperty('prod-never');
    expect(
      (await fixture.events<NodeChanged>()).filter(({ nodeId }) => nodeId === 'prod-never'),
    ).toMatchObject([
      { status: 'MISSING', previous: null, quarantined: true, blocked: true },
      { quarantined: false },
    ]);
  });

  it('blocks a node that it names and that never came, and none that is right', async () => {
    await hub.beat(heartbeatAt(now(), { node_id: 'prod-named' }));
    expect(await blocked()).toMatchObject({ 'prod-absent': 'missing' });
    expect(await blocked()).not.toHaveProperty('prod-named');
  });

  it('keeps a suspected node blocked for that when it falls silent, and a silent one for its silence', async () => {
    await hub.beat(heartbeatAt(now(), { node_id: 'prod-quiet' }));
    for (const build of ['build-1', 'build-2', 'build-1']) {
      fixture.clock.advance(1_000);
      await hub.beat(built('prod-clone', build));
    }
    fixture.clock.advance(60_000);
    expect(await blocked()).toMatchObject({ 'prod-quiet': 'stale', 'prod-clone': 'spoof-suspect' });
    const restarted = await fixture.start(settings);
    await restarted.beat(heartbeatAt(now(), { node_id: 'prod-quiet' }));
    expect(await blocked()).not.toHaveProperty('prod-quiet');
  });

  it('does not let a removed node stay blocked in the memory of who heard of it', async () => {
    const node_id = 'prod-removed';
    await hub.beat(bareHeartbeatAt(now(), { node_id }));
    expect(await blocked()).toMatchObject({ [node_id]: 'missing' });
    await hub.operate('DELETE', `/v1/nodes/${node_id}`);
    expect(await blocked()).not.toHaveProperty(node_id);
  });
});

describe('a zone that does not', () => {
  it('under warn tells in the audit and counts what would be blocked, once for each change, and blocks nothing', async () => {
    const node_id = 'edge-a';
    await hub.beat(bareHeartbeatAt(now(), { node_id }));
    fixture.clock.advance(5_000);
    await hub.beat(bareHeartbeatAt(now(), { node_id }));
    await hub.operate('PUT', `/v1/nodes/${node_id}/quarantine`, {});
    expect(await hub.node(node_id)).toMatchObject({ mode: 'warn', blocked: false, reason: 'quarantined' });
    expect(await blocked()).not.toHaveProperty(node_id);
    const lines = await hub.auditPage(`?node=${node_id}`);
    expect(lines.map(({ event, reason }) => `${event} ${reason}`)).toEqual([
      'ATTESTATION_WOULD_BLOCK missing',
      'ATTESTATION_QUARANTINED null',
      'ATTESTATION_WOULD_BLOCK quarantined',
    ]);
    expect(await hub.metric('policy_would_block_total', 'zone="edge",reason="missing"')).toBe(1);
    expect(await hub.metric('policy_would_block_total', 'zone="edge",reason="quarantined"')).toBe(1);
  });

  it('under observe counts, and tells nothing', async () => {
    await hub.beat(built('lab-a', 'build-1'));
    await hub.beat(bareHeartbeatAt(now(), { node_id: 'lab-b' }));
    await hub.beat(built('lab-a', 'build-2'));
    expect(await hub.metric('policy_would_block_total', 'zone="lab",reason="drift"')).toBe(1);
    expect(await told('lab-a')).toEqual(['FIRST_SEEN', 'DRIFT']);
    expect(await hub.node('lab-b')).toMatchObject({ zone: 'lab', reason: null });
    expect(await eventsOf('lab-a')).toEqual(['lab OK free', 'lab DRIFT free']);
  });
});

describe('another policy', () => {
  const decisions = (zones: Zones, counted: unknown[] = []) => {
    const announcements = { outbox: new Outbox(dataSource), auditLinesMax: 1_000_000 };
    return new MakeDecisions(
      {
        decisions: null as never,
        rollouts: new PostgresRolloutStore(dataSource, 1_000_000),
        policy: new PostgresPolicyStore(dataSource, announcements, zones),
      },
      { record: () => undefined },
      { decided: (standing) => void counted.push(standing) },
      fixture.clock,
    );
  };

  it('reaches nodes of which nothing comes, once after a start', async () => {
    await hub.beat(bareHeartbeatAt(now(), { node_id: 'lab-later' }));
    const strict = new Zones([{ zone: 'lab', prefix: 'lab-', mode: 'enforce', rules: ['MISSING'] }]);
    const replica = decisions(strict);
    await replica.catchUp();
    expect(await eventsOf('lab-later')).toEqual(['lab MISSING free', 'lab MISSING blocked']);
    await replica.catchUp();
    await decisions(strict).catchUp();
    expect(await eventsOf('lab-later')).toHaveLength(2);
    const counted: unknown[] = [];
    await decisions(new Zones(), counted).catchUp();
    expect((await eventsOf('lab-later')).at(-1)).toBe('default MISSING free');
    expect(counted).not.toEqual([]);
  });

  it('is asked about RECONSIDERED_PER_COMMIT_MAX nodes with one commit, and about one more with the next', async () => {
    await insert('crowd-', RECONSIDERED_PER_COMMIT_MAX + 1);
    const outbox = new Outbox(dataSource);
    const store = new PostgresPolicyStore(dataSource, { outbox, auditLinesMax: 1_000_000 }, new Zones());
    const { result, observations } = await store.reconsider('crowd-', RECONSIDERED_PER_COMMIT_MAX, now());
    expect(observations).toHaveLength(RECONSIDERED_PER_COMMIT_MAX);
    expect((await store.reconsider(String(result), 1, now())).observations).toHaveLength(1);
  });
});

const insert = (prefix: string, count: number) =>
  dataSource.query(
    `INSERT INTO attestation.node (node_id, status, health, drift_count, spoof_count, last_change_at, last_heartbeat_at,
       last_ts_utc, clock_skew_ms, reporter, history_length)
     SELECT $1 || lpad(number::text, 6, '0'), 'MISSING', 'GREEN', 0, 0, $2::timestamptz, $2::timestamptz, $2, 0, 'http', 0
     FROM generate_series(1, $3) AS number`,
    [prefix, new Date(now()).toISOString(), count],
  );

describe('the standing of the nodes', () => {
  it('names STANDING_NODES_MAX nodes, and is an error with one more, never an answer that is cut', async () => {
    const zones = new Zones([{ zone: 'full', prefix: 'full-', mode: 'enforce', rules: ['MISSING'] }]);
    const reader = new PostgresStandingReader(dataSource, zones, 50_000);
    await insert('full-', STANDING_NODES_MAX);
    expect(await reader.blocked(now())).toHaveLength(STANDING_NODES_MAX);
    await insert('full-x', 1);
    await expect(reader.blocked(now())).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is complete over many nodes that are right in part', async () => {
    const zones = new Zones([{ zone: 'wide', prefix: '', mode: 'enforce', rules: ['DRIFT'] }]);
    await insert('wide-', 6_000);
    await dataSource.query(`UPDATE attestation.node SET status = 'DRIFT' WHERE node_id = 'wide-006000'`);
    const found = await new PostgresStandingReader(dataSource, zones, 50_000).blocked(now());
    expect(found).toContainEqual({ nodeId: 'wide-006000', reason: 'drift' });
  });
});

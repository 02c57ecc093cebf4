import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@touchstone/platform/observability';
import { runMigrations } from '@touchstone/postgres';
import { createTestDatabase } from '@touchstone/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { LOST_RACES_MAX } from '../src/persistence/postgres-node-store.js';
import { service } from '../src/service.js';
import { STATUS_CHANGE_REFILL_MS } from '../src/domain/admit-heartbeat.js';
import { bareHeartbeatAt, heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';

/** Longer than a start takes that has all that it needs. */
const WAITS_MS = 3_000;

let fixture: HubFixture;
let left: Hub;
let right: Hub;
const now = () => fixture.clock.nowMs();

beforeAll(async () => {
  fixture = await HubFixture.create();
  left = await fixture.start();
  right = await fixture.start();
}, 60_000);

afterAll(async () => fixture.close());

describe('two replicas', () => {
  it('find each new node once, however the heartbeats are spread', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `shared-${index}`);
    const beats = ids.flatMap((node_id, index) => {
      const message = heartbeatAt(now(), { node_id });
      return index % 2 === 0
        ? [left.beat(message), right.beat(message)]
        : [right.beat(message), left.beat(message)];
    });
    await Promise.all(beats);
    const audited = [...left.audit(), ...right.audit()].map(({ node_id }) => node_id);
    expect(audited.sort()).toEqual([...ids].sort());
    const events = (await fixture.events()) as { nodeId: string; previous: unknown }[];
    expect(events.map(({ nodeId }) => nodeId).sort()).toEqual([...ids].sort());
    expect(events.every(({ previous }) => previous === null)).toBe(true);
    expect(await left.metric('attestation_ok')).toBe(ids.length);
    expect(await right.metric('attestation_ok')).toBe(ids.length);
  });

  it('tell one story about a node that both hear of', async () => {
    const node_id = 'contested';
    for (let round = 0; round < 6; round += 1) {
      // The changes that are taken at once are used up in the first rounds; then one may come in each round.
      fixture.clock.advance(STATUS_CHANGE_REFILL_MS);
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 === 0 ? left : right).send(
            ((index + round) % 3 === 0 ? bareHeartbeatAt : heartbeatAt)(now(), { node_id }),
          ),
        ),
      );
      const statuses = new Set(answers.map(({ status }) => status));
      expect([...statuses].filter((status) => status !== 200 && status !== 429)).toEqual([]);
      expect(statuses).toContain(200);
    }
    const events = (
      (await fixture.events()) as { nodeId: string; status: string; previous: string }[]
    ).filter(({ nodeId }) => nodeId === node_id);
    for (const [index, { status, previous }] of events.entries()) {
      expect(previous).toBe(events[index - 1]?.status ?? null);
      expect(status).not.toBe(previous);
    }
    const node = await left.node(node_id);
    expect(await right.node(node_id)).toEqual(node);
    expect(node.status).toBe(events[events.length - 1]?.status);
    expect(node.history).toHaveLength(events.length);
  });
});

describe('a group that another replica keeps overtaking', () => {
  /** Lets inserts of new nodes find the place taken, as often as told; a sequence counts through rollbacks. */
  const overtake = async (times: number) => {
    const dataSource = await fixture.dataSource();
    await dataSource.query(`
      DROP SEQUENCE IF EXISTS attestation.races;
      CREATE SEQUENCE attestation.races;
      CREATE OR REPLACE FUNCTION attestation.overtake() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF nextval('attestation.races') <= ${times} THEN RETURN NULL; END IF; RETURN NEW; END $$;
      CREATE OR REPLACE TRIGGER overtake BEFORE INSERT ON attestation.node
        FOR EACH ROW EXECUTE FUNCTION attestation.overtake()`);
  };
  afterAll(async () => {
    const dataSource = await fixture.dataSource();
    await dataSource.query(`
      DROP TRIGGER overtake ON attestation.node;
      DROP FUNCTION attestation.overtake;
      DROP SEQUENCE attestation.races`);
  });

  it('starts again LOST_RACES_MAX times and takes the heartbeat', async () => {
    await overtake(LOST_RACES_MAX);
    expect(await left.beat(heartbeatAt(now(), { node_id: 'overtaken' }))).toMatchObject({ status: 'OK' });
    expect(await right.node('overtaken')).toMatchObject({ status: 'OK' });
  });

  it('tells the node to come again after one more, and has stored nothing of it', async () => {
    await overtake(LOST_RACES_MAX + 1);
    const message = heartbeatAt(now(), { node_id: 'lost' });
    const refused = await left.send(message);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'dependency-unavailable', retryable: true });
    expect((await right.get('/v1/nodes/lost')).status).toBe(404);
    expect(await left.beat(message)).toMatchObject({ status: 'OK' });
  });
});

describe('a restart', () => {
  it('keeps all that was known, and silence goes on while the hub was away', async () => {
    const node_id = 'survivor';
    await left.beat(heartbeatAt(now(), { node_id }));
    fixture.clock.advance(10_000);
    await left.beat(bareHeartbeatAt(now(), { node_id }));
    const before = await left.node(node_id);
    expect(await left.stop()).toBe(true);
    fixture.clock.advance(60_000);
    const restarted = await fixture.start();
    expect(await restarted.node(node_id)).toEqual({
      ...{ ...before, ageMs: 60_000, stale: true, status: 'STALE' },
      lastChange: new Date(now() - 10_000).toISOString(),
    });
    await restarted.beat(heartbeatAt(now(), { node_id }));
    expect(await restarted.node(node_id)).toMatchObject({ status: 'OK', firstSeen: before.firstSeen });
    expect(restarted.audit()).toEqual([]);
  });
});

describe('the schema', () => {
  it('is migrated by the command, which may run again', async () => {
    const context = { logger: silentLogger(), clock: fixture.clock };
    const migrate = () => service.commands?.['migrate']?.run(fixture.config(), context, []);
    await migrate();
    const dataSource = await fixture.dataSource();
    for (let left = dataSource.migrations.length; left > 0; left -= 1) await dataSource.undoLastMigration();
    expect(
      await dataSource.query(`SELECT 1 FROM information_schema.tables
        WHERE table_schema = 'attestation' AND table_name IN ('node', 'node_history', 'audit', 'audit_end', 'outbox')`),
    ).toEqual([]);
    await migrate();
    expect(await right.page()).toEqual({ nodes: [], nextCursor: null });
  });

  it('that was not migrated holds the start until it is', async () => {
    const empty = await createTestDatabase('hub_empty');
    const url = empty.urlFor('attestation-hub');
    try {
      const starting = fixture.start({ DATABASE_URL: url });
      expect(await Promise.race([starting, delay(WAITS_MS, 'waits')])).toBe('waits');
      await runMigrations({ ...fixture.databaseOptions, url });
      await (await starting).stop();
    } finally {
      await empty.drop();
    }
  });
});

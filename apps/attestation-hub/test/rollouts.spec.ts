import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ROLLOUT_SECONDS_MAX,
  ROLLOUTS_PAGE_MAX,
  SELECTED_NODES_MAX,
  type RolloutPage,
} from '@touchstone/contracts/http/attestation-hub';
import type { ServiceDataSource } from '@touchstone/testing';
import { problemOf } from '@touchstone/testing/service';
import {
  PostgresRolloutStore,
  ROLLOUTS_CLOSED_MAX,
  ROLLOUTS_OPEN_MAX,
} from '../src/persistence/postgres-rollout-store.js';
import { CAPABILITY_HASH, heartbeatAt, HubFixture, OPERATOR, type Hub } from './support/hub-fixture.js';

let fixture: HubFixture;
let hub: Hub;
let other: Hub;
let dataSource: ServiceDataSource;
const now = () => fixture.clock.nowMs();
const built = (node_id: string, build_id: string) => {
  const message = heartbeatAt(now(), { node_id });
  return { ...message, attestation: { ...message.attestation!, build_id } };
};
const planned = (change: object = {}) => ({
  ...{ buildId: 'build-2', capabilityHash: CAPABILITY_HASH, seconds: 600, prefix: 'pair' },
  ...change,
});
const start = (name: string, change: object = {}) =>
  hub.operate('PUT', `/v1/rollouts/${name}`, planned(change));
const end = (name: string, outcome: string) => hub.operate('POST', `/v1/rollouts/${name}/end`, { outcome });
const page = async (query = '') =>
  (await (await hub.get(`/v1/rollouts${query}`, OPERATOR)).json()) as RolloutPage;
const eventsOf = async (id: string) =>
  ((await fixture.events()) as { nodeId: string; status: string }[])
    .filter(({ nodeId }) => nodeId === id)
    .map(({ status }) => status);

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start();
  other = await fixture.start();
  dataSource = await fixture.dataSource();
}, 60_000);

afterAll(async () => fixture.close());

describe('a rolling update of two machines with one name', () => {
  /** Both machines beat in turns, and the first is updated before the second. */
  async function update(id: string, rounds: number): Promise<Set<string>> {
    const statuses = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      fixture.clock.advance(5_000);
      statuses.add((await hub.beat(built(id, 'build-2'))).status);
      statuses.add((await other.beat(built(id, 'build-1'))).status);
    }
    return statuses;
  }

  it('is no drift and no spoof, and only the new build is right after it', async () => {
    await hub.beat(built('pair-1', 'build-1'));
    expect((await start('wave-1')).status).toBe(200);
    expect(await update('pair-1', 10)).toEqual(new Set(['OK']));
    expect(await hub.node('pair-1')).toMatchObject({ rollouts: ['wave-1'] });
    expect(await (await end('wave-1', 'completed')).json()).toMatchObject({ state: 'completed' });
    expect(await other.beat(built('pair-1', 'build-2'))).toMatchObject({ status: 'OK' });
    expect(await eventsOf('pair-1')).toEqual(['OK']);
    expect(await hub.node('pair-1')).toMatchObject({
      ...{ rollouts: [], baseline: { firstSeenCounts: false, builds: [{ buildId: 'build-2' }] } },
    });
    fixture.clock.advance(130_000);
    expect(await hub.beat(built('pair-1', 'build-1'))).toMatchObject({ status: 'DRIFT' });
    expect(await hub.auditPage('?event=ATTESTATION_SPOOF_SUSPECT')).toEqual([]);
  });

  it('without a rollout is a suspected spoof, as before (R-NODE-4)', async () => {
    await hub.beat(built('untold-1', 'build-1'));
    expect(await update('untold-1', 3)).toContain('SPOOF_SUSPECT');
  });

  it('that is cancelled leaves the old build right', async () => {
    await hub.beat(built('pair-2', 'build-1'));
    await start('wave-2', { nodes: ['pair-2'], prefix: undefined });
    expect(await update('pair-2', 4)).toEqual(new Set(['OK']));
    expect((await end('wave-2', 'cancelled')).status).toBe(200);
    fixture.clock.advance(1_000);
    expect(await hub.beat(built('pair-2', 'build-1'))).toMatchObject({ status: 'OK' });
    fixture.clock.advance(1_000);
    expect(await hub.beat(built('pair-2', 'build-2'))).toMatchObject({ status: 'DRIFT' });
  });

  it('is completed by its time, whichever replica notices, once', async () => {
    await hub.beat(built('pair-3', 'build-1'));
    await start('wave-3', { seconds: 60, prefix: 'pair-3' });
    const endsAt = new Date(now() + 60_000).toISOString();
    fixture.clock.advance(59_999);
    expect(await hub.beat(built('pair-3', 'build-1'))).toMatchObject({ status: 'OK' });
    fixture.clock.advance(1);
    expect(await other.beat(built('pair-3', 'build-1'))).toMatchObject({ status: 'DRIFT' });
    expect((await problemOf(await end('wave-3', 'cancelled'))).code).toBe('conflict');
    const store = () => new PostgresRolloutStore(dataSource, 1_000_000);
    const closed = await Promise.all([1, 2, 3].map(async () => (await store().closeExpired(now())).result));
    expect(closed.sort()).toEqual([0, 0, 1]);
    expect((await page('?state=completed')).rollouts).toContainEqual(
      expect.objectContaining({ name: 'wave-3', closedAt: endsAt, endsAt }),
    );
    expect(await hub.beat(built('pair-3', 'build-1'))).toMatchObject({ status: 'DRIFT' });
  });
});

describe('rollouts', () => {
  it('begin once, and end once', async () => {
    const answers = await Promise.all([start('again'), start('again'), start('again')]);
    const bodies = await Promise.all(answers.map((answer) => answer.json()));
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(bodies[0]).toMatchObject({ name: 'again', prefix: 'pair', state: 'open', closedAt: null });
    for (const change of [{ buildId: 'build-3' }, { seconds: 601 }, { prefix: 'x' }])
      expect((await problemOf(await start('again', change))).code).toBe('conflict');
    const ended = await Promise.all([end('again', 'completed'), end('again', 'completed')]);
    expect(ended.map(({ status }) => status)).toEqual([200, 200]);
    expect((await problemOf(await end('again', 'cancelled'))).code).toBe('conflict');
    expect((await problemOf(await end('nothing', 'completed'))).code).toBe('not-found');
    const lines = (await hub.auditPage('?limit=1000')).filter(({ detail }) => detail?.startsWith('again:'));
    expect(lines).toMatchObject([
      { event: 'ATTESTATION_ROLLOUT_STARTED', node_id: null, detail: 'again: pair*', new_build: 'build-2' },
      { event: 'ATTESTATION_ROLLOUT_COMPLETED', reporter: 'operator' },
    ]);
  });

  it('are listed page by page', async () => {
    const names = (await page('?limit=100')).rollouts.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    const first = await page('?limit=2');
    expect(first.rollouts.map(({ name }) => name)).toEqual(names.slice(0, 2));
    expect((await page(`?limit=2&cursor=${first.nextCursor}`)).rollouts[0]?.name).toBe(names[2]);
    expect((await hub.get(`/v1/rollouts?limit=${ROLLOUTS_PAGE_MAX}`, OPERATOR)).status).toBe(200);
    expect((await hub.get(`/v1/rollouts?limit=${ROLLOUTS_PAGE_MAX + 1}`, OPERATOR)).status).toBe(400);
  });

  it('take ROLLOUT_SECONDS_MAX and SELECTED_NODES_MAX at most', async () => {
    const nodes = (count: number) => Array.from({ length: count }, (_, index) => `n-${index}`);
    const takes = async (name: string, change: object) => (await start(name, change)).status;
    expect(await takes('week', { seconds: ROLLOUT_SECONDS_MAX })).toBe(200);
    expect(await takes('longer', { seconds: ROLLOUT_SECONDS_MAX + 1 })).toBe(422);
    expect(await takes('list', { prefix: undefined, nodes: nodes(SELECTED_NODES_MAX) })).toBe(200);
    expect(await takes('longer', { prefix: undefined, nodes: nodes(SELECTED_NODES_MAX + 1) })).toBe(422);
    for (const name of ['week', 'list']) await end(name, 'cancelled');
  });

  it.each([
    { prefix: '' },
    { prefix: undefined },
    { nodes: ['a'] },
    { prefix: 'a b' },
    { seconds: 0 },
    { seconds: 1.5 },
    { buildId: '' },
    { capabilityHash: 'ab' },
    { more: 1 },
  ])('are refused with %j', async (change) => {
    expect((await start('refused', change)).status).toBe(422);
  });

  it('may be open ROLLOUTS_OPEN_MAX at a time, however many ask at once', async () => {
    const open = (await page('?state=open&limit=100')).rollouts.length;
    const names = Array.from({ length: ROLLOUTS_OPEN_MAX - open + 1 }, (_, index) => `open-${index}`);
    const statuses = await Promise.all(names.map(async (name) => (await start(name)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(ROLLOUTS_OPEN_MAX - open);
    expect(statuses.filter((status) => status === 409)).toHaveLength(1);
    for (const { name } of (await page('?state=open&limit=100')).rollouts) await end(name, 'cancelled');
  });

  it('are kept ROLLOUTS_CLOSED_MAX after they ended, the newest', async () => {
    const [{ closed } = { closed: 0 }] = (await dataSource.query(
      "SELECT count(*)::int AS closed FROM attestation.rollout WHERE state <> 'open'",
    )) as [{ closed: number }];
    await dataSource.query(
      `INSERT INTO attestation.rollout SELECT 'old-' || n, 'x', NULL, 'b', '\\x${CAPABILITY_HASH}', $1, $1, 'cancelled', $1
       FROM generate_series(1, $2::int) AS n`,
      [new Date(0).toISOString(), ROLLOUTS_CLOSED_MAX - closed + 1],
    );
    await start('newest');
    const rows = (await dataSource.query(
      "SELECT count(*)::int AS closed, count(*) FILTER (WHERE name LIKE 'old-%')::int AS old FROM attestation.rollout WHERE state <> 'open'",
    )) as [{ closed: number; old: number }];
    expect(rows[0]).toEqual({ closed: ROLLOUTS_CLOSED_MAX, old: ROLLOUTS_CLOSED_MAX - closed });
  });
});

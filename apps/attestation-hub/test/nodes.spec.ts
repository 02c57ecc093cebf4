import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { problemOf } from '@touchstone/testing/service';
import { NODES_PAGE_MAX } from '@touchstone/contracts/http/attestation-hub';
import { bareHeartbeatAt, heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';
import { HEARTBEAT_REFILL_MS } from '../src/domain/admit-heartbeat.js';
import { HISTORY_ENTRIES_MAX } from '../src/domain/node.js';

let fixture: HubFixture;
let hub: Hub;
const now = () => fixture.clock.nowMs();

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start();
}, 60_000);

afterAll(async () => fixture.close());

describe('the list of nodes', () => {
  // Bytes, not the collation of the machine: capitals, then small letters.
  const ids = ['node:7', 'B', 'a.1', 'b', 'a', 'a-1'];
  const sorted = ['B', 'a', 'a-1', 'a.1', 'b', 'node:7'];

  it('is empty at first', async () => {
    expect(await hub.page()).toEqual({ nodes: [], nextCursor: null });
  });

  it('shows each node once over its pages, in order of the bytes of the ids', async () => {
    await Promise.all(
      ids.map((node_id, index) =>
        hub.beat(index % 2 === 0 ? heartbeatAt(now(), { node_id }) : bareHeartbeatAt(now(), { node_id })),
      ),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page = await hub.page(
        `?limit=4${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      seen.push(...page.nodes.map(({ nodeId }) => nodeId));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== null);
    expect(seen).toEqual(sorted);
    expect(pages).toBe(2);
  });

  it('has no next page when the last one is exactly full', async () => {
    expect(await hub.page('?limit=6')).toMatchObject({ nextCursor: null });
    expect(await hub.page(`?limit=${NODES_PAGE_MAX}`)).toMatchObject({ nextCursor: null });
    expect(await hub.page('?limit=5')).toMatchObject({ nextCursor: 'b' });
  });

  it('can be asked for one status', async () => {
    const of = async (status: string) =>
      (await hub.page(`?status=${status}`)).nodes.map(({ nodeId }) => nodeId);
    expect(await of('OK')).toEqual(['a', 'a.1', 'node:7']);
    expect(await of('MISSING')).toEqual(['B', 'a-1', 'b']);
    expect(await of('DRIFT')).toEqual([]);
    expect(await of('SPOOF_SUSPECT')).toEqual([]);
  });

  it.each([
    'limit=0',
    `limit=${NODES_PAGE_MAX + 1}`,
    'limit=x',
    'status=ok',
    'cursor=',
    'cursor=a%20b',
    'page=2',
  ])('refuses ?%s', async (query) => {
    const response = await hub.get(`/v1/nodes?${query}`);
    expect([response.status, (await problemOf(response)).code]).toEqual([400, 'validation-failed']);
  });
});

describe('one node', () => {
  it('that never came is not found', async () => {
    const response = await hub.get('/v1/nodes/nobody');
    expect([response.status, (await problemOf(response)).code]).toEqual([404, 'not-found']);
  });

  it.each(['a%20b', 'n'.repeat(129), '%27--'])('with the impossible id %s is refused', async (id) => {
    expect((await hub.get(`/v1/nodes/${id}`)).status).toBe(400);
  });

  it('is stale once its silence is longer than the limit, and fresh after the next heartbeat', async () => {
    const node_id = 'silent';
    await hub.beat(heartbeatAt(now(), { node_id }));
    fixture.clock.advance(50_000);
    expect(await hub.node(node_id)).toMatchObject({ stale: false, ageMs: 50_000, status: 'OK' });
    fixture.clock.advance(1);
    expect(await hub.node(node_id)).toMatchObject({
      ...{ stale: true, ageMs: 50_001, status: 'STALE', judged: 'OK' },
      lastChange: new Date(now() - 1).toISOString(),
    });
    expect(await hub.metric('attestation_stale')).toBeGreaterThanOrEqual(1);
    const { nodes } = await hub.page('?status=STALE&limit=100');
    expect(nodes.map(({ nodeId }) => nodeId)).toContain(node_id);
    await hub.beat(bareHeartbeatAt(now(), { node_id }));
    expect(await hub.node(node_id)).toMatchObject({ stale: false, ageMs: 0, status: 'MISSING' });
  });

  it('is stale after the time that the operator set', async () => {
    const patient = await fixture.start({ TOUCHSTONE_STALE_AFTER_MS: '86400000' });
    await hub.beat(heartbeatAt(now(), { node_id: 'patience' }));
    fixture.clock.advance(86_400_000);
    expect(await patient.node('patience')).toMatchObject({ stale: false });
    expect(await hub.node('patience')).toMatchObject({ stale: true });
  });

  it('keeps a bounded history of what it said, without repetitions', async () => {
    const node_id = 'talkative';
    const builds = Array.from({ length: HISTORY_ENTRIES_MAX + 10 }, (_, index) => `build-${index}`);
    for (const build_id of builds) {
      fixture.clock.advance(2 * HEARTBEAT_REFILL_MS);
      const { attestation } = heartbeatAt(now());
      const message = heartbeatAt(now(), {
        node_id,
        ...(attestation && { attestation: { ...attestation, build_id } }),
      });
      await hub.beat(message);
      await hub.beat(message);
    }
    const { history } = await hub.node(node_id);
    expect(history.map(({ attestation }) => attestation?.buildId)).toEqual(
      builds.slice(-HISTORY_ENTRIES_MAX).reverse(),
    );
    expect((await hub.node(node_id)).firstSeen).toMatchObject({ buildId: 'build-0' });
  });
});

describe('the interface description', () => {
  it('lists every route', async () => {
    const document = (await (await hub.get('/openapi.json')).json()) as { openapi: string; paths: object };
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/hosts/heartbeat',
      '/metrics',
      '/v1/audit',
      '/v1/join-tokens',
      '/v1/nodes',
      '/v1/nodes/heartbeat',
      '/v1/nodes/join',
      '/v1/nodes/{id}',
      '/v1/nodes/{id}/baselines',
      '/v1/nodes/{id}/keys',
      '/v1/nodes/{id}/nonce',
      '/v1/nodes/{id}/quarantine',
      '/v1/rollouts',
      '/v1/rollouts/{name}',
      '/v1/rollouts/{name}/end',
    ]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TIME_FRACTION_DIGITS_MAX } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import {
  bareHeartbeatAt,
  CAPABILITY_HASH,
  heartbeatAt,
  HubFixture,
  type Hub,
} from './support/hub-fixture.js';

let fixture: HubFixture;
let hub: Hub;
const now = () => fixture.clock.nowMs();
const isoNow = () => new Date(now()).toISOString();

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start();
}, 60_000);

afterAll(async () => fixture.close());

/** What is shown of a node of which nobody decided anything. */
const untouched = {
  ...{ judged: 'OK', zone: 'default', mode: 'observe', quarantine: null, blocked: false, reason: null },
  ...{ key: null, baseline: { firstSeenCounts: true, builds: [] }, rollouts: [] },
};

describe('the first heartbeat of a node (R-NODE-1, R-NODE-3)', () => {
  it.each(['/v1/nodes/heartbeat', '/api/hosts/heartbeat'])('is taken on %s', async (path) => {
    const node_id = `first:${path.split('/')[1]}`;
    const response = await hub.send(heartbeatAt(now(), { node_id }), path);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      nodeId: node_id,
      status: 'OK',
      health: 'GREEN',
      lastSeen: isoNow(),
      clockSkewMs: null,
      nonce: null,
    });
    expect(await hub.node(node_id)).toEqual({
      ...untouched,
      nodeId: node_id,
      status: 'OK',
      stale: false,
      ageMs: 0,
      health: 'GREEN',
      reportedHealth: 'GREEN',
      firstSeen: {
        at: isoNow(),
        buildId: 'build-1',
        capabilityHash: CAPABILITY_HASH,
        runtime: { os: 'linux', node: 'v20.19.0' },
      },
      lastSeen: { at: isoNow(), buildId: 'build-1', capabilityHash: CAPABILITY_HASH },
      driftCount: 0,
      spoofCount: 0,
      lastChange: isoNow(),
      lastHeartbeat: { at: isoNow(), tsUtc: isoNow(), clockSkewMs: null },
      reporter: { current: 'http', previous: null, changedAt: null },
      history: [
        {
          at: isoNow(),
          status: 'OK',
          health: 'GREEN',
          attestation: {
            buildId: 'build-1',
            capabilityHash: CAPABILITY_HASH,
            runtime: { os: 'linux', node: 'v20.19.0' },
          },
          reporter: 'http',
        },
      ],
    });
  });

  it('is audited once, with prefixes and the address of the connection (R-NODE-5)', async () => {
    const message = heartbeatAt(now(), { node_id: 'audited' });
    await hub.beat(message);
    await hub.beat(message);
    const lines = hub.audit().filter(({ node_id }) => node_id === 'audited');
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        event: 'ATTESTATION_FIRST_SEEN',
        audit: true,
        reason: null,
        old_cap_prefix: null,
        new_cap_prefix: CAPABILITY_HASH.slice(0, 8),
        old_build: null,
        new_build: 'build-1',
        reporter: 'http',
        remote_addr: expect.stringMatching(/127\.0\.0\.1$/),
        ts_utc: isoNow(),
      }),
    ]);
    expect(JSON.stringify(hub.lines)).not.toContain(CAPABILITY_HASH);
  });
});

describe('a heartbeat without attestation (R-NODE-4)', () => {
  it('makes the node MISSING, leaves its health alone and the last attestation known', async () => {
    const node_id = 'missing-later';
    await hub.beat(heartbeatAt(now(), { node_id }));
    const firstAt = isoNow();
    fixture.clock.advance(10_000);
    expect(await hub.beat(bareHeartbeatAt(now(), { node_id }))).toMatchObject({
      status: 'MISSING',
      health: 'GREEN',
      lastSeen: isoNow(),
    });
    expect(await hub.node(node_id)).toMatchObject({
      status: 'MISSING',
      health: 'GREEN',
      ageMs: 0,
      firstSeen: { at: firstAt },
      lastSeen: { at: firstAt },
      lastChange: isoNow(),
    });
  });

  it('of a new node has neither first nor last attestation, nor an audit record; the first one comes later', async () => {
    const node_id = 'missing-first';
    await hub.beat(bareHeartbeatAt(now(), { node_id, health: 'RED' }));
    expect(await hub.node(node_id)).toMatchObject({
      status: 'MISSING',
      health: 'RED',
      firstSeen: null,
      lastSeen: null,
    });
    expect(hub.audit().filter((line) => line['node_id'] === node_id)).toEqual([]);
    fixture.clock.advance(1_000);
    await hub.beat(heartbeatAt(now(), { node_id }));
    expect(await hub.node(node_id)).toMatchObject({ status: 'OK', firstSeen: { at: isoNow() } });
    expect(hub.audit().filter((line) => line['node_id'] === node_id)).toHaveLength(1);
  });
});

const free = { zone: 'default', quarantined: false, blocked: false };

describe('a changed status', () => {
  it('becomes one event each, in order, and reaches the stream', async () => {
    const node_id = 'changing';
    const times: string[] = [];
    for (const message of [heartbeatAt, bareHeartbeatAt, bareHeartbeatAt, heartbeatAt]) {
      fixture.clock.advance(1_000);
      times.push(isoNow());
      await hub.beat(message(now(), { node_id }));
    }
    const events = await fixture.events();
    expect(events.filter((event) => (event as { nodeId: string }).nodeId === node_id)).toEqual([
      { nodeId: node_id, status: 'OK', previous: null, changedAt: times[0], ...free },
      { nodeId: node_id, status: 'MISSING', previous: 'OK', changedAt: times[1], ...free },
      { nodeId: node_id, status: 'OK', previous: 'MISSING', changedAt: times[3], ...free },
    ]);
    const dataSource = await fixture.dataSource();
    await waitUntil(async () => {
      const [row] = await dataSource.query(
        'SELECT count(*) FILTER (WHERE published_at IS NULL) AS waiting FROM attestation.outbox',
      );
      return row.waiting === '0';
    });
  });
});

describe('the clock of a node', () => {
  it.each([
    [300_000, null],
    [300_001, 300_001],
    [-300_000, null],
    [-300_001, -300_001],
    [-86_400_000, -86_400_000],
  ])('off by %i ms is taken and flagged as %p, and orders nothing', async (skewMs, clockSkewMs) => {
    const node_id = `skew-${skewMs}`;
    const answer = await hub.beat(heartbeatAt(now() + skewMs, { node_id }));
    expect(answer).toMatchObject({ lastSeen: isoNow(), clockSkewMs });
    expect(await hub.node(node_id)).toMatchObject({
      ageMs: 0,
      lastHeartbeat: { at: isoNow(), tsUtc: new Date(now() + skewMs).toISOString(), clockSkewMs },
    });
  });
});

describe('the time that a node states', () => {
  it.each([
    ['+00:00', (iso: string) => iso.replace('Z', '+00:00')],
    ['an offset and nine digits', (iso: string) => iso.replace('Z', '999999-00:00')],
    ['seven digits, as .NET writes them', (iso: string) => iso.replace('Z', '1234Z')],
    ['no offset, as Python writes utcnow', (iso: string) => iso.replace('Z', '456')],
    ['small letters', (iso: string) => iso.toLowerCase()],
    [
      `${TIME_FRACTION_DIGITS_MAX} digits`,
      (iso: string) => iso.replace('Z', `${'9'.repeat(TIME_FRACTION_DIGITS_MAX - 3)}Z`),
    ],
  ])('may have %s; it is kept in UTC with milliseconds', async (_name, spell) => {
    const node_id = 'spelled';
    await hub.beat(heartbeatAt(now(), { node_id, ts_utc: spell(isoNow()) }));
    expect((await hub.node(node_id)).lastHeartbeat).toEqual({
      at: isoNow(),
      tsUtc: isoNow(),
      clockSkewMs: null,
    });
  });
});

describe('the metrics (R-NODE-6)', () => {
  it('count nodes by status and heartbeats by result', async () => {
    const all = (await hub.page('?limit=100')).nodes;
    const of = (status: string) => all.filter((node) => node.status === status).length;
    expect(await hub.metric('attestation_ok')).toBe(of('OK'));
    await hub.beat(bareHeartbeatAt(now(), { node_id: 'metric' }));
    expect(await hub.metric('attestation_missing')).toBe(of('MISSING') + 1);
    for (const name of ['attestation_drift', 'attestation_spoof_suspect'])
      expect(await hub.metric(name)).toBe(0);
    for (const name of ['attestation_drift_1m', 'attestation_spoof_1m'])
      expect(await hub.metric(name)).toBe(0);
    expect(await hub.metric('touchstone_attestation_clock_skew_total')).toBe(3);
  });
});

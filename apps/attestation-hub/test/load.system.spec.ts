import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Outbox } from '@touchstone/postgres';
import type { HeartbeatReport } from '../src/domain/heartbeat-report.js';
import { Zones } from '../src/domain/zones.js';
import { PostgresNodeReader } from '../src/persistence/postgres-node-reader.js';
import { PostgresNodeStore } from '../src/persistence/postgres-node-store.js';
import { HEARTBEATS_PER_NODE_MAX } from '../src/domain/admit-heartbeat.js';
import { RECENT_RUNS_MAX } from '../src/domain/flip-rules.js';
import { HISTORY_ENTRIES_MAX } from '../src/domain/node.js';
import { CAPABILITY_HASH, HubFixture } from './support/hub-fixture.js';

const NODES = 1_000;
const ROUNDS = 5;
const settings = {
  ...{ auditLinesMax: 10 * NODES, zones: new Zones() },
  rules: { windowMs: 120_000, threshold: 3 },
};

let fixture: HubFixture;

beforeAll(async () => {
  fixture = await HubFixture.create();
}, 60_000);

afterAll(async () => fixture.close());

function report(index: number, receivedAtMs: number): HeartbeatReport {
  return {
    nodeId: `node-${index}`,
    health: 'GREEN',
    tsUtc: new Date(receivedAtMs).toISOString(),
    receivedAtMs,
    clockSkewMs: 0,
    attestation: { buildId: 'build-1', capabilityHash: CAPABILITY_HASH, runtime: { os: 'linux' } },
    reporter: 'http',
    remoteAddress: null,
  };
}

describe('a thousand nodes', () => {
  it('are all kept with their last heartbeat, in few commits, with one event and one entry each', async () => {
    const dataSource = await fixture.dataSource();
    const store = new PostgresNodeStore(dataSource, new Outbox(dataSource), { ...settings, nodesMax: NODES });
    // Of this store alone: the server's own count holds what other specs write meanwhile.
    const commits = jest.spyOn(dataSource, 'transaction');
    for (let round = 0; round < ROUNDS; round += 1) {
      fixture.clock.advance(10_000);
      await Promise.all(
        Array.from({ length: NODES }, (_, index) => store.take(report(index, fixture.clock.nowMs()))),
      );
    }
    // Groups of up to 256: a handful of commits for each round, not a thousand.
    expect(commits.mock.calls.length).toBeLessThan((NODES * ROUNDS) / 20);
    await store.close();
    const reader = new PostgresNodeReader(dataSource);
    const nodes = await reader.list({ limit: NODES + 1, silentBeforeMs: 0 });
    expect(nodes).toHaveLength(NODES);
    expect(nodes.every(({ lastHeartbeat }) => lastHeartbeat.atMs === fixture.clock.nowMs())).toBe(true);
    expect(nodes.every(({ historyLength }) => historyLength === 1)).toBe(true);
    expect(await fixture.events()).toHaveLength(NODES);
  }, 60_000);
});

describe('a node that says more at once than its history holds', () => {
  it('fails nobody in its group, and the last entries are kept', async () => {
    const dataSource = await fixture.dataSource();
    const store = new PostgresNodeStore(dataSource, new Outbox(dataSource), {
      ...settings,
      nodesMax: 2 * NODES,
    });
    const builds = Array.from({ length: HEARTBEATS_PER_NODE_MAX }, (_, index) => `build-${index}`);
    expect(builds.length).toBeGreaterThan(HISTORY_ENTRIES_MAX);
    const flood = builds.map((buildId) => ({
      ...report(0, fixture.clock.nowMs()),
      nodeId: 'flood',
      attestation: { buildId, capabilityHash: CAPABILITY_HASH, runtime: {} },
    }));
    const neighbour = { ...report(0, fixture.clock.nowMs()), nodeId: 'neighbour' };
    await Promise.all([...flood, neighbour].map((each) => store.take(each)));
    await store.close();
    const reader = new PostgresNodeReader(dataSource);
    const history = await reader.history('flood');
    expect(history.map(({ attestation }) => attestation?.buildId)).toEqual(
      builds.slice(-HISTORY_ENTRIES_MAX).reverse(),
    );
    expect(history.map(({ number }) => number % HISTORY_ENTRIES_MAX).sort((a, b) => a - b)).toEqual(
      Array.from({ length: HISTORY_ENTRIES_MAX }, (_, index) => index),
    );
    expect(await reader.find('neighbour')).toMatchObject({ status: 'OK' });
    const flooded = await reader.find('flood');
    expect(flooded).toMatchObject({ status: 'SPOOF_SUSPECT', driftCount: 1, spoofCount: 1 });
    expect(flooded?.recentRuns).toHaveLength(RECENT_RUNS_MAX);
  });
});

import { describe, expect, it } from '@jest/globals';
import { Registry } from '@touchstone/platform/observability';
import { observeHeartbeat, type Observation } from './domain/observe-heartbeat.js';
import type { NodeCounts } from './domain/ports.js';
import { HubMetrics } from './metrics.js';

const counts: NodeCounts = {
  byStatus: { OK: 3, DRIFT: 2, SPOOF_SUSPECT: 1, MISSING: 4, STALE: 5 },
  drifts: 6,
  spoofs: 7,
};

function observation(change: Partial<Observation>): Observation {
  const observed = observeHeartbeat(
    undefined,
    {
      nodeId: 'node-1',
      health: 'GREEN',
      tsUtc: '2026-01-02T03:04:05Z',
      receivedAtMs: 0,
      clockSkewMs: 0,
      attestation: null,
      reporter: 'http',
      remoteAddress: null,
    },
    { windowMs: 120_000, threshold: 3 },
  );
  return { ...observed, ...change };
}

function metrics(count: () => Promise<NodeCounts>) {
  const registry = new Registry();
  const watched = new HubMetrics(registry, count);
  const value = async (name: string) => {
    const line = (await registry.metrics()).split('\n').find((text) => text.split(/[ {]/)[0] === name);
    return Number(line?.split(' ').at(-1));
  };
  return { registry, watched, value };
}

describe('HubMetrics (R-NODE-6)', () => {
  it('shows the nodes by status under exactly the names that were asked for, with one query a scrape', async () => {
    let queries = 0;
    const { registry } = metrics(async () => {
      queries += 1;
      return counts;
    });
    const text = await registry.metrics();
    for (const line of [
      'attestation_ok 3',
      'attestation_drift 2',
      'attestation_spoof_suspect 1',
      'attestation_missing 4',
      'attestation_drift_1m 6',
      'attestation_spoof_1m 7',
      'attestation_stale 5',
    ])
      expect(text.split('\n')).toContain(line);
    expect(queries).toBe(1);
    await registry.metrics();
    expect(queries).toBe(2);
  });

  it('shows the other figures while the database is away', async () => {
    const { value, watched } = metrics(() => Promise.reject(new Error('away')));
    watched.refused('http');
    expect(await value('attestation_ok')).toBeNaN();
    expect(await value('touchstone_attestation_heartbeats_total')).toBe(1);
  });

  it('counts a heartbeat by its reporter and the status of its node', async () => {
    const { watched, registry } = metrics(async () => counts);
    watched.stored(observation({}), 'http', 0.001);
    const line = 'touchstone_attestation_heartbeats_total{reporter="http",result="MISSING"} 1';
    expect((await registry.metrics()).split('\n')).toContain(line);
  });
});

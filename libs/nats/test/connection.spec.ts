import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ConnectionOptions } from '@nats-io/nats-core';
import { waitUntil } from '@touchstone/testing';
import { PING_INTERVAL_MS, PINGS_MISSED_MAX } from '../src/connection.js';
import { connectMesh, type Mesh } from '../src/index.js';
import { MeshHarness, RecordingMetrics } from './mesh-harness.js';
import { Wire } from './wire.js';

const INTERVAL_MS = 200;

describe('a server that falls silent', () => {
  let harness: MeshHarness;
  let wire: Wire;
  let metrics: RecordingMetrics;
  let mesh: Mesh;

  beforeEach(async () => {
    harness = new MeshHarness();
    metrics = new RecordingMetrics();
    wire = await Wire.to(harness.nats.url);
    mesh = await connectMesh({
      url: wire.url,
      ...harness.nats.login('signer'),
      service: 'signer',
      logger: harness.logger,
      metrics,
      pingIntervalMs: INTERVAL_MS,
    });
  });
  afterEach(async () => {
    await mesh.close();
    await harness.close();
    await wire.close();
  });

  const events = () => metrics.samples.map(({ labels }) => labels['type']);

  it('keeps its connection when it answers after PINGS_MISSED_MAX pings', async () => {
    wire.hold();
    const answered = new Promise<void>((resolve) => {
      wire.onSent = () => {
        if (wire.count('PING') < PINGS_MISSED_MAX) return;
        wire.release();
        resolve();
      };
    });
    await answered;
    await mesh.nc.flush();
    await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS));
    expect(events()).toEqual([]);
  });

  it('is taken for dead when the next ping is due, and the connection is made anew', async () => {
    wire.hold();
    const pingsUntilDead = new Promise<number>((resolve) => {
      const { connectionEvent } = metrics;
      metrics.connectionEvent = (labels) => {
        connectionEvent.call(metrics, labels);
        resolve(wire.count('PING'));
      };
    });
    expect(await pingsUntilDead).toBe(PINGS_MISSED_MAX);
    await waitUntil(() => events().includes('reconnect'));
    expect(events()[0]).toBe('staleConnection');
    expect(mesh.status()).toBe('connected');
    await mesh.nc.flush();
  });

  it('is waited for as long as the table of limits says when nothing else is said', async () => {
    const { nc } = await harness.connect('signer');
    expect((nc as unknown as { options: ConnectionOptions }).options).toMatchObject({
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: PINGS_MISSED_MAX,
    });
  });
});

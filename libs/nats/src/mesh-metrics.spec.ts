import { describe, expect, it } from '@jest/globals';
import { createMeshMetrics } from './mesh-metrics.js';

type Labels = Record<string, string>;
const registry: { name: string; labelNames: string[]; samples: [Labels, number][] }[] = [];

class FakeMetric {
  private readonly entry: (typeof registry)[number];
  constructor(config: { name: string; labelNames: string[]; registers: (typeof registry)[] }) {
    this.entry = { name: config.name, labelNames: config.labelNames, samples: [] };
    config.registers[0]?.push(this.entry);
  }
  inc(labels: Labels): void {
    this.entry.samples.push([labels, 1]);
  }
  observe(labels: Labels, value: number): void {
    this.entry.samples.push([labels, value]);
  }
}

describe('the figures of the mesh', () => {
  it('land in the registry under their declared labels and no others', () => {
    const metrics = createMeshMetrics({ Counter: FakeMetric, Histogram: FakeMetric, registry });
    metrics.rpcServed({ verb: 'key-set', caller: 'anchor-worker', result: 'ok' }, 0.1);
    metrics.rpcCalled({ service: 'signer', verb: 'key-set', result: 'timeout' }, 0.2);
    metrics.eventPublished({ subject: 'evt.v1.anchor.batch.sealed', result: 'duplicate' }, 0.3);
    metrics.handlerRan({ durable: 'proof-service-anchor', result: 'internal' }, 0.4);
    metrics.deliverySettled({ durable: 'proof-service-anchor', result: 'nak' });
    metrics.connectionEvent({ type: 'reconnect' });
    expect(registry.map(({ name }) => name)).toEqual([
      'touchstone_mesh_rpc_served_seconds',
      'touchstone_mesh_rpc_called_seconds',
      'touchstone_mesh_event_published_seconds',
      'touchstone_mesh_event_handled_seconds',
      'touchstone_mesh_delivery_settled_total',
      'touchstone_mesh_connection_events_total',
    ]);
    for (const { labelNames, samples } of registry) {
      expect(samples.map(([labels]) => Object.keys(labels).sort())).toEqual([[...labelNames].sort()]);
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '@touchstone/platform/observability';
import { createMeshMetrics } from './mesh-metrics.js';

describe('the figures of the mesh', () => {
  it('land in the registry under the labels of what happened', async () => {
    const build = { service: 'signer', version: '0.1.0', hash: 'h' };
    const registry = createMetrics(build as Parameters<typeof createMetrics>[0], { defaultMetrics: false });
    const metrics = createMeshMetrics(registry);
    metrics.rpcServed({ verb: 'key-set', caller: 'anchor-worker', result: 'ok' }, 0.1);
    metrics.rpcCalled({ service: 'signer', verb: 'key-set', result: 'timeout' }, 0.2);
    metrics.eventPublished({ subject: 'evt.v1.anchor.batch.sealed', result: 'duplicate' }, 0.3);
    metrics.handlerRan({ durable: 'proof-service-anchor', result: 'internal' }, 0.4);
    metrics.deliverySettled({ durable: 'proof-service-anchor', result: 'nak' });
    metrics.consumerHolds({ durable: 'proof-service-anchor' }, true);
    metrics.consumerHolds({ durable: 'proof-service-inference' }, false);
    metrics.connectionEvent({ type: 'reconnect' });
    const text = await registry.metrics();
    for (const line of [
      'touchstone_mesh_rpc_served_seconds_count{service="signer",verb="key-set",caller="anchor-worker",result="ok"} 1',
      'touchstone_mesh_rpc_called_seconds_count{service="signer",target="signer",verb="key-set",result="timeout"} 1',
      'touchstone_mesh_event_published_seconds_count{service="signer",subject="evt.v1.anchor.batch.sealed",result="duplicate"} 1',
      'touchstone_mesh_event_handled_seconds_count{service="signer",durable="proof-service-anchor",result="internal"} 1',
      'touchstone_mesh_delivery_settled_total{durable="proof-service-anchor",result="nak",service="signer"} 1',
      'touchstone_mesh_consumer_holds{durable="proof-service-anchor",service="signer"} 1',
      'touchstone_mesh_consumer_holds{durable="proof-service-inference",service="signer"} 0',
      'touchstone_mesh_connection_events_total{type="reconnect",service="signer"} 1',
    ]) {
      expect(text).toContain(line);
    }
  });
});

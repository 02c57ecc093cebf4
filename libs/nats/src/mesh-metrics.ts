import { Counter, Gauge, Histogram, type Registry } from '@touchstone/platform/observability';
import type { MeshMetrics } from './observer.js';

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Registers the figures of the mesh in the process's registry, once: `touchstone_mesh_…` in every service, whose label
 * `service` is the registry's own. `MeshModule` gives them as `MESH_METRICS`.
 *
 * @example
 * ```ts
 * const metrics = createMeshMetrics(registry);
 * const mesh = await connectMesh({ url, user, password, service: 'signer', logger, metrics });
 * ```
 */
export function createMeshMetrics(registry: Registry): MeshMetrics {
  const { served, called, published, handled } = times(registry);
  const { settled, holds, used, connection } = counts(registry);
  return {
    rpcServed: (labels, seconds) => served.observe(labels, seconds),
    rpcCalled: ({ service, verb, result }, seconds) =>
      called.observe({ target: service, verb, result }, seconds),
    eventPublished: (labels, seconds) => published.observe(labels, seconds),
    handlerRan: (labels, seconds) => handled.observe(labels, seconds),
    deliverySettled: (labels) => settled.inc(labels),
    consumerHolds: (labels, isHolding) => holds.set(labels, isHolding ? 1 : 0),
    streamUsed: (labels, share) => used.set(labels, share),
    connectionEvent: (labels) => connection.inc(labels),
  };
}

function times(registry: Registry) {
  const registers = [registry];
  const buckets = BUCKETS_SECONDS;
  const served = new Histogram({
    name: 'touchstone_mesh_rpc_served_seconds',
    help: 'Time to answer an RPC.',
    labelNames: ['verb', 'caller', 'result'],
    buckets,
    registers,
  });
  const called = new Histogram({
    name: 'touchstone_mesh_rpc_called_seconds',
    help: 'Time an RPC took for its caller.',
    labelNames: ['target', 'verb', 'result'],
    buckets,
    registers,
  });
  const published = new Histogram({
    name: 'touchstone_mesh_event_published_seconds',
    help: 'Time until a stream acknowledged an event.',
    labelNames: ['subject', 'result'],
    buckets,
    registers,
  });
  const handled = new Histogram({
    name: 'touchstone_mesh_event_handled_seconds',
    help: 'Time a handler of events took; a batch counts once.',
    labelNames: ['durable', 'result'],
    buckets,
    registers,
  });
  return { served, called, published, handled };
}

function counts(registry: Registry) {
  const registers = [registry];
  const settled = new Counter({
    name: 'touchstone_mesh_delivery_settled_total',
    help: 'Deliveries by how they ended: ack, nak or dead-letter.',
    labelNames: ['durable', 'result'],
    registers,
  });
  const holds = new Gauge({
    name: 'touchstone_mesh_consumer_holds',
    help: '1 while a consumer holds its deliveries because a dependency is away.',
    labelNames: ['durable'],
    registers,
  });
  const used = new Gauge({
    name: 'touchstone_mesh_stream_used_ratio',
    help: 'Share of the bytes of a stream that are taken, 0 to 1; a full stream of unread events refuses new ones.',
    labelNames: ['stream'],
    registers,
  });
  const connection = new Counter({
    name: 'touchstone_mesh_connection_events_total',
    help: 'Changes of the NATS connection.',
    labelNames: ['type'],
    registers,
  });
  return { settled, holds, used, connection };
}

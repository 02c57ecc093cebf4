import type { MeshMetrics } from './observer.js';

/** How a counter is declared; prom-client's `Counter` has this shape. */
export interface CounterClass<R> {
  new (config: { name: string; help: string; labelNames: string[]; registers: R[] }): {
    inc(labels: Record<string, string>): void;
  };
}

/** How a histogram is declared; prom-client's `Histogram` has this shape. */
export interface HistogramClass<R> {
  new (config: { name: string; help: string; labelNames: string[]; buckets: number[]; registers: R[] }): {
    observe(labels: Record<string, string>, value: number): void;
  };
}

/** prom-client's classes and the registry of the process. */
export interface PrometheusParts<R> {
  readonly Counter: CounterClass<R>;
  readonly Histogram: HistogramClass<R>;
  readonly registry: R;
}

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The figures of the mesh in a prom-client registry, named `touchstone_mesh_…` in every service; the label
 * `service` is the registry's own.
 *
 * @example
 * ```ts
 * const metrics = createMeshMetrics({ Counter, Histogram, registry });
 * ```
 */
export function createMeshMetrics<R>({ Counter, Histogram, registry }: PrometheusParts<R>): MeshMetrics {
  const registers = [registry];
  const seconds = (name: string, help: string, labelNames: string[]) =>
    new Histogram({
      name: `touchstone_mesh_${name}_seconds`,
      help,
      labelNames,
      buckets: BUCKETS_SECONDS,
      registers,
    });
  const total = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `touchstone_mesh_${name}_total`, help, labelNames, registers });

  const served = seconds('rpc_served', 'Time to answer an RPC.', ['verb', 'caller', 'result']);
  const called = seconds('rpc_called', 'Time an RPC took for its caller.', ['target', 'verb', 'result']);
  const published = seconds('event_published', 'Time until a stream acknowledged an event.', [
    'subject',
    'result',
  ]);
  const handled = seconds('event_handled', 'Time a handler of events took.', ['durable', 'result']);
  const settled = total('delivery_settled', 'Deliveries by how they ended.', ['durable', 'result']);
  const connection = total('connection_events', 'Changes of the NATS connection.', ['type']);
  return {
    rpcServed: (labels, duration) => served.observe(labels, duration),
    rpcCalled: ({ service, verb, result }, duration) =>
      called.observe({ target: service, verb, result }, duration),
    eventPublished: (labels, duration) => published.observe(labels, duration),
    handlerRan: (labels, duration) => handled.observe(labels, duration),
    deliverySettled: (labels) => settled.inc(labels),
    connectionEvent: (labels) => connection.inc(labels),
  };
}

import type { ErrorCode, ServiceName } from '@touchstone/contracts';
import { currentTraceId, injectTrace, runWithRemoteTrace } from '@touchstone/platform';

/** The part of a pino logger that this library uses. Bodies are never logged. */
export interface MeshLogger {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/**
 * Where figures go. The labels are bounded: names come from the tables of contracts, results are error codes.
 * nats.js counts only the synchronous part of an endpoint, therefore durations are measured here.
 */
export interface MeshMetrics {
  /** One RPC was answered; `result` is `ok` or an error code. */
  rpcServed(labels: { verb: string; caller: ServiceName; result: 'ok' | ErrorCode }, seconds: number): void;
  /** One RPC was called; `result` is `ok` or an error code. */
  rpcCalled(labels: { service: string; verb: string; result: 'ok' | ErrorCode }, seconds: number): void;
  /** One event was published or given up. */
  eventPublished(labels: { subject: string; result: 'ok' | 'duplicate' | ErrorCode }, seconds: number): void;
  /** One delivery of a durable was settled. */
  deliverySettled(labels: { durable: string; result: 'ack' | 'nak' | 'dead-letter' }): void;
  /** A handler ran; a batch counts once. */
  handlerRan(labels: { durable: string; result: 'ok' | ErrorCode }, seconds: number): void;
  /** The connection reported `type` (disconnect, reconnect, error, slowConsumer…). */
  connectionEvent(labels: { type: string }): void;
}

/** How a trace context crosses the mesh: W3C `traceparent` and `tracestate` as plain text fields. */
export interface MeshTracing {
  /** Writes the context of the running span into `carrier`. */
  inject(carrier: Record<string, string>): void;
  /** Runs `work` in a span named `name` whose parent is the context in `carrier`. */
  runWithRemote<T>(
    carrier: Readonly<Record<string, string>>,
    name: string,
    work: () => Promise<T>,
  ): Promise<T>;
  /** The trace id of the running span, for problems. */
  currentTraceId(): string | undefined;
}

/** Metrics that go nowhere. */
export const noMetrics: MeshMetrics = {
  rpcServed: () => undefined,
  rpcCalled: () => undefined,
  eventPublished: () => undefined,
  deliverySettled: () => undefined,
  handlerRan: () => undefined,
  connectionEvent: () => undefined,
};

/** The tracing of the process, which does nothing until `startTracing` was called. */
export const processTracing: MeshTracing = {
  inject: (carrier) => void injectTrace(carrier),
  runWithRemote: (carrier, name, work) => runWithRemoteTrace(carrier, name, () => work()),
  currentTraceId,
};

/** Seconds since `startedAt`, a reading of `performance.now()`. */
export function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}

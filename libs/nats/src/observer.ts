import type { ErrorCode, ServiceName, StreamName } from '@touchstone/contracts';
import {
  currentTraceId,
  injectTrace,
  isTraceExported,
  runWithLinkedTraces,
  runWithRemoteTrace,
  withSpan,
  type SpanRole,
} from '@touchstone/platform/observability';

/** The part of a pino logger that this library uses. Bodies are never logged. */
export interface MeshLogger {
  debug?(fields: Record<string, unknown>, message: string): void;
  /** Lines for each message are only put together where somebody reads them. */
  isLevelEnabled?(level: string): boolean;
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
  /** A consumer began or ended to hold its deliveries because a dependency is away. */
  consumerHolds(labels: { durable: string }, holds: boolean): void;
  /** A handler ran; a batch counts once. */
  handlerRan(labels: { durable: string; result: 'ok' | ErrorCode }, seconds: number): void;
  /** A stream holds this share of the bytes that it may hold, 0 to 1. */
  streamUsed(labels: { stream: StreamName }, share: number): void;
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
    role?: SpanRole,
  ): Promise<T>;
  /** Runs `work` for several messages in a span that links to the contexts in `carriers`. */
  runWithLinked<T>(
    carriers: readonly Readonly<Record<string, string>>[],
    name: string,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Runs `work` in a span below the running one. */
  run<T>(name: string, role: SpanRole, work: () => Promise<T>): Promise<T>;
  /** True when spans are recorded. */
  isRecording(): boolean;
  /** The trace id of the running span, for problems. */
  currentTraceId(): string | undefined;
}

/** Metrics that go nowhere. */
export const noMetrics: MeshMetrics = {
  rpcServed: () => undefined,
  rpcCalled: () => undefined,
  eventPublished: () => undefined,
  deliverySettled: () => undefined,
  consumerHolds: () => undefined,
  handlerRan: () => undefined,
  streamUsed: () => undefined,
  connectionEvent: () => undefined,
};

/** The tracing of the process, which does nothing until `startTracing` was called. */
export const processTracing: MeshTracing = {
  inject: (carrier) => void injectTrace(carrier),
  runWithRemote: (carrier, name, work, role) => runWithRemoteTrace(carrier, name, () => work(), role),
  runWithLinked: (carriers, name, work) => runWithLinkedTraces(carriers, name, () => work()),
  run: (name, role, work) => withSpan(name, {}, () => work(), role),
  isRecording: isTraceExported,
  currentTraceId,
};

/** Seconds since `startedAt`, a reading of `performance.now()`. */
export function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}

/** True when a line for each message would be written. */
export function logsDetails(logger: MeshLogger): boolean {
  return logger.isLevelEnabled?.('debug') === true;
}

/** The trace ids of messages, for one line about many; `traceparent` is version, trace id, span id, flags. */
export function traceIdsOf(carriers: readonly Readonly<Record<string, string>>[]): string[] {
  const ids = carriers.flatMap(
    ({ traceparent }) => /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? '')?.[1] ?? [],
  );
  return [...new Set(ids)];
}

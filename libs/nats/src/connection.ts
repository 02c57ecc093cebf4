import { AppError, inboxPrefix, type MeshUser } from '@touchstone/contracts';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { toConnectError } from './connect-errors.js';
import type { BusInterruptions } from '@touchstone/platform/wiring';
import { noMetrics, type MeshLogger, type MeshMetrics } from './observer.js';

/** Milliseconds between two attempts to reconnect, plus up to as much again at random. */
export const RECONNECT_WAIT_MS = 500;
/** Milliseconds the first connection may take. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** Milliseconds between two pings. */
export const PING_INTERVAL_MS = 10_000;
/** Pings that may stay without an answer; when the next one is due the peer is taken for dead. */
export const PINGS_MISSED_MAX = 2;
/** Milliseconds that closing may spend on draining before the connection is cut. */
export const DRAIN_TIMEOUT_MS = 5_000;

/** What {@link connectMesh} needs. */
export interface ConnectMeshOptions {
  /** `nats://host:port`, several separated by commas. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** The name that decides inbox prefix and connection name. */
  readonly service: MeshUser;
  readonly logger: MeshLogger;
  readonly metrics?: MeshMetrics;
  /** Overrides {@link PING_INTERVAL_MS}. */
  readonly pingIntervalMs?: number;
}

/** The state of the connection, for readiness. */
export type MeshStatus = 'connected' | 'reconnecting' | 'closed';

/** One connection to the mesh. */
export interface Mesh {
  readonly nc: NatsConnection;
  readonly service: MeshUser;
  status(): MeshStatus;
  /** How often the connection ended and was made anew, and how long ago it ended last. */
  interruptions(): BusInterruptions;
  /** Drains: subscriptions end, what was sent is flushed; cut after {@link DRAIN_TIMEOUT_MS}. */
  close(): Promise<void>;
}

/**
 * Connects a user to the mesh. The inbox lies below `_INBOX_<service>`, which nobody else may read. A lost
 * connection is retried for ever, also when the server refuses the user for a while.
 *
 * @throws AppError `unauthenticated` for a refused user, `dependency-unavailable` when no server answers.
 */
export async function connectMesh(options: ConnectMeshOptions): Promise<Mesh> {
  const { url, user, password, service, logger, metrics = noMetrics } = options;
  let nc: NatsConnection;
  try {
    nc = await connect({
      servers: url.split(',').map((server) => server.trim()),
      user,
      pass: password,
      name: service,
      inboxPrefix: inboxPrefix(service),
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      reconnectJitter: RECONNECT_WAIT_MS,
      reconnectJitterTLS: RECONNECT_WAIT_MS,
      ignoreAuthErrorAbort: true,
      pingInterval: options.pingIntervalMs ?? PING_INTERVAL_MS,
      maxPingOut: PINGS_MISSED_MAX,
      // Otherwise every request makes two errors with stack traces, just in case it fails.
      noAsyncTraces: true,
    });
  } catch (error) {
    throw toConnectError(error, user, `Connecting ${service} to NATS`);
  }
  let status: MeshStatus = 'connected';
  let [count, endedAt] = [0, performance.now()];
  void watchStatus(nc, logger, metrics, (next) => {
    if (next === 'reconnecting' && status === 'connected') endedAt = performance.now();
    if (next === 'connected') count += 1;
    status = next;
  });
  return {
    nc,
    service,
    status: () => (nc.isClosed() ? 'closed' : status),
    interruptions: () => ({ count, sinceMs: performance.now() - endedAt }),
    close: () => closeConnection(nc, logger),
  };
}

async function watchStatus(
  nc: NatsConnection,
  logger: MeshLogger,
  metrics: MeshMetrics,
  update: (status: MeshStatus) => void,
): Promise<void> {
  for await (const event of nc.status()) {
    if (event.type === 'ping') continue;
    metrics.connectionEvent({ type: event.type });
    if (event.type === 'disconnect' || event.type === 'reconnecting') update('reconnecting');
    if (event.type === 'reconnect') update('connected');
    if (event.type === 'error') logger.error({ err: event.error }, 'the NATS server reported an error');
    else if (event.type === 'reconnect') logger.info({ server: event.server }, 'reconnected to NATS');
    else if (event.type !== 'reconnecting' && event.type !== 'update') {
      logger.warn({ event: event.type }, 'the state of the NATS connection changed');
    }
  }
}

async function closeConnection(nc: NatsConnection, logger: MeshLogger): Promise<void> {
  if (nc.isClosed()) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new AppError('timeout', `Draining NATS took longer than ${DRAIN_TIMEOUT_MS} ms.`));
    }, DRAIN_TIMEOUT_MS);
  });
  try {
    await Promise.race([nc.drain(), limit]);
  } catch (error) {
    // A connection that is down cannot drain; what was not acknowledged is delivered again by JetStream.
    logger.warn({ err: error }, 'cut the NATS connection without draining');
    await nc.close();
  } finally {
    clearTimeout(timer);
  }
}

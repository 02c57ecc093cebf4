import type { DurableName } from '@touchstone/contracts';
import {
  consumeDurableBatch,
  createMeshMetrics,
  type ConsumeOptions,
  type EventMessage,
  type Mesh,
  type MeshMetrics,
} from '@touchstone/nats';
import type { Clock, FollowedTraces, HealthRegistry, Logger, Registry, Shutdown } from '@touchstone/platform';
import type { Ingestion } from './domain/ingest/ingestion.js';
import type { LogCopy } from './domain/log/log-copy.js';
import type { ProofMetrics } from './metrics.js';
import { eventTimeMs } from './transport/nats/event-time.js';

/** Messages of one delivery. */
export const INGEST_MESSAGES_MAX = 128;
/** Milliseconds that the first output of a delivery waits for others. */
export const INGEST_WAIT_MS = 25;
/** The same for batches and checkpoints, which are few and for which readers wait. */
export const INGEST_LOG_WAIT_MS = 5;
/** Milliseconds between two looks for what can be done without a new message, for example after the signer was away. */
export const CATCH_UP_INTERVAL_MS = 1_000;

export interface IngestRunnerOptions {
  readonly ingestion: Ingestion;
  readonly log: Pick<LogCopy, 'catchUp'>;
  readonly metrics: ProofMetrics;
  readonly traces: FollowedTraces;
  readonly mesh: Mesh;
  readonly registry: Registry;
  readonly health: HealthRegistry;
  readonly shutdown: Shutdown;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly delays?: ConsumerDelays;
}

/** Overrides the delays of the consumers; tests shorten them. */
export type ConsumerDelays = Pick<
  ConsumeOptions,
  'outageRetryDelaysMs' | 'redeliveryDelaysMs' | 'workingIntervalMs'
>;

/** Starts the consumers when the application is up, follows the log, and ends both in the order of a shutdown. */
export class IngestRunner {
  private running: Promise<void> | undefined;
  private again = false;

  constructor(private readonly options: IngestRunnerOptions) {}

  async onApplicationBootstrap(): Promise<void> {
    const { registry, shutdown } = this.options;
    const timer = setInterval(() => void this.catchUp(), CATCH_UP_INTERVAL_MS);
    shutdown.add('consumers', 'log timer', () => clearInterval(timer));
    shutdown.add('in-flight', 'log copy', () => this.running);
    const metrics = createMeshMetrics(registry);
    await this.consume('proof-service-inference', metrics, false);
    await this.consume('proof-service-anchor', metrics, true);
  }

  private async consume(durable: DurableName, meshMetrics: MeshMetrics, concernsLog: boolean): Promise<void> {
    const { ingestion, mesh, logger, health, shutdown, delays } = this.options;
    const consumer = await consumeDurableBatch({
      nc: mesh.nc,
      durable,
      logger,
      metrics: meshMetrics,
      ...delays,
      maxMessages: INGEST_MESSAGES_MAX,
      maxWaitMs: concernsLog ? INGEST_LOG_WAIT_MS : INGEST_WAIT_MS,
      handler: async (messages) => {
        await ingestion.take(messages);
        this.follow(messages);
        this.measure(durable, messages);
        // Not waited for: the messages are durable, and what follows is done again by the timer if it fails.
        if (concernsLog) void this.catchUp();
      },
    });
    health.addReadiness(durable, () => consumer.check());
    shutdown.add('consumers', durable, () => consumer.stop());
  }

  /** The stages of an output are shown in the trace of the request that it came from. */
  private follow(messages: readonly EventMessage[]): void {
    for (const { subject, body, headers } of messages)
      if (subject === 'evt.v1.inference.output.recorded')
        this.options.traces.follow(body.verificationId, headers);
  }

  private measure(durable: DurableName, messages: readonly EventMessage[]): void {
    const { metrics, clock } = this.options;
    const newest = messages.map(eventTimeMs).filter((time) => time !== undefined);
    const lag = newest.length > 0 ? (clock.nowMs() - Math.max(...newest)) / 1_000 : undefined;
    metrics.taken(durable, messages.length, lag);
  }

  /** One round at a time; whoever asks meanwhile gets one more, since the running round may have looked too early. */
  private catchUp(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.rounds().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async rounds(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.options.log.catchUp();
      } catch (error) {
        this.options.logger.warn({ err: error }, 'the log could not be followed now and is tried again');
        return;
      }
    } while (this.again);
  }
}

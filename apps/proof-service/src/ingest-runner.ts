import type { DurableName } from '@touchstone/contracts';
import type { Consumers, ConsumeOptions, EventMessage } from '@touchstone/nats';
import type { FollowedTraces, Logger } from '@touchstone/platform/observability';
import type { Shutdown } from '@touchstone/platform/runtime';
import type { Clock } from '@touchstone/platform/wiring';
import { Loop } from '@touchstone/work';
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
  readonly consumers: Consumers;
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
  private readonly log: Loop;

  constructor(private readonly options: IngestRunnerOptions) {
    this.log = new Loop({
      run: () => options.log.catchUp(),
      pollMs: CATCH_UP_INTERVAL_MS,
      backoffFirstMs: CATCH_UP_INTERVAL_MS,
      backoffMaxMs: CATCH_UP_INTERVAL_MS,
      onFailure: (error) =>
        options.logger.warn({ err: error }, 'the log could not be followed now and is tried again'),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.options.shutdown.add('in-flight', 'log copy', () => this.log.stop());
    this.log.start();
    await this.consume('proof-service-inference', false);
    await this.consume('proof-service-signing', false);
    await this.consume('proof-service-proving', false);
    await this.consume('proof-service-anchor', true);
  }

  private consume(durable: DurableName, concernsLog: boolean): Promise<void> {
    const { ingestion, consumers, delays } = this.options;
    return consumers.batches({
      durable,
      ...delays,
      maxMessages: INGEST_MESSAGES_MAX,
      maxWaitMs: concernsLog ? INGEST_LOG_WAIT_MS : INGEST_WAIT_MS,
      handler: async (messages) => {
        await ingestion.take(messages);
        this.follow(messages);
        this.measure(durable, messages);
        // Not waited for: the messages are durable, and the loop comes back by itself if it fails.
        if (concernsLog) this.log.poke();
      },
    });
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
}

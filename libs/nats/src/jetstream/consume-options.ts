import type { DurableName } from '@touchstone/contracts';
import type { NatsConnection } from '@nats-io/nats-core';
import type { MeshLogger, MeshMetrics, MeshTracing } from '../observer.js';
import type { DeadLetterNotice } from './dead-letter-copy.js';

/** What both kinds of consumer take. */
export interface ConsumeOptions {
  readonly nc: NatsConnection;
  readonly durable: DurableName;
  readonly logger: MeshLogger;
  readonly metrics?: MeshMetrics;
  readonly tracing?: MeshTracing;
  /** Overrides the delays between deliveries. */
  readonly redeliveryDelaysMs?: readonly number[];
  /** Overrides the wait between two attempts to copy a dead letter. */
  readonly deadLetterRetryMs?: number;
  /** Overrides the delays between attempts while a dependency is away. */
  readonly outageRetryDelaysMs?: readonly number[];
  /** Waits until the server has confirmed each acknowledgement; slower, and saves deliveries after a crash. */
  readonly confirmAcks?: boolean;
  /** Told after a message was copied to the dead letters. */
  readonly onDeadLetter?: (notice: DeadLetterNotice) => void;
  /** Overrides how often the server is told that held deliveries are worked on. */
  readonly workingIntervalMs?: number;
}

/** A running consumer. */
export interface RunningConsumer {
  /** For readiness. @throws AppError with the reason while deliveries wait for a dependency that is away */
  check(): void;
  /** Takes no more, finishes what is running and returns; what was only waiting is delivered again later. */
  stop(): Promise<void>;
}

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type Durable, type ErrorCode } from '@touchstone/contracts';
import { noMetrics, type MeshLogger, type MeshMetrics } from '../observer.js';
import type { DeliveredMessage } from './delivered-message.js';

/** Milliseconds before the next attempt while a dependency is away; the last one repeats. */
export const OUTAGE_RETRY_DELAYS_MS: readonly number[] = [100, 500, 1_000, 2_000, 5_000];

/** What adapters throw when a part beside the service is away or too busy, whatever the message says. */
const OUTAGE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'dependency-unavailable',
  'timeout',
  'queue-full',
  'rate-limited',
]);

/** What {@link Outage} needs. */
export interface OutageOptions {
  readonly durable: Durable;
  readonly logger: MeshLogger;
  readonly metrics?: MeshMetrics | undefined;
  readonly outageRetryDelaysMs?: readonly number[] | undefined;
}

/** What speaks against a message that failed as if a dependency were away. */
interface Suspicion {
  /** How much was handled when it failed last. */
  readonly handled: number;
  /** True once it failed alone, so that no neighbour can be the reason. */
  readonly alone: boolean;
}

/**
 * Tells a dependency that is away from a message that is bad. Deliveries that failed because of the former wait in
 * the process and cost no delivery of theirs, however long it lasts.
 */
export class Outage {
  private readonly metrics: MeshMetrics;
  private reason: AppError | undefined;
  private startedAt = 0;
  private attempts = 0;
  /** Counts what was handled; says whether the dependency was there between two attempts. */
  private handled = 0;
  private readonly suspicions = new WeakMap<DeliveredMessage, Suspicion>();
  private readonly stopping = new AbortController();

  constructor(private readonly options: OutageOptions) {
    this.metrics = options.metrics ?? noMetrics;
  }

  /** True while the last attempt found a dependency away; then one message at a time asks for it. */
  get lasts(): boolean {
    return this.reason !== undefined;
  }

  /** @throws AppError with the reason while a dependency is away, for readiness */
  check(): void {
    if (this.reason) throw this.reason;
  }

  /** Something was handled, so what it needs is there. */
  ends(): void {
    this.handled += 1;
    this.attempts = 0;
    if (this.reason === undefined) return;
    const seconds = Math.round((performance.now() - this.startedAt) / 1_000);
    this.options.logger.info({ durable: this.options.durable.name, seconds }, 'a dependency is back');
    this.reason = undefined;
    this.metrics.consumerHolds({ durable: this.options.durable.name }, false);
  }

  /**
   * Decides on a failed attempt.
   *
   * @returns true when the messages are to wait. False when the error speaks of the messages, or when they failed
   * before and others were handled since (a statement that always takes too long): several are then tried one by one,
   * and one that failed alone both times is the reason itself.
   */
  holds(messages: readonly DeliveredMessage[], error: unknown): boolean {
    if (!(error instanceof AppError) || !OUTAGE_CODES.has(error.code)) return false;
    const isAlone = messages.length === 1;
    for (const message of messages) {
      const before = this.suspicions.get(message);
      if (before && before.handled < this.handled && (before.alone || !isAlone)) return false;
    }
    for (const message of messages) {
      const alone = isAlone || this.suspicions.get(message)?.alone === true;
      this.suspicions.set(message, { handled: this.handled, alone });
    }
    this.begins(error);
    return true;
  }

  /** Waits before the next attempt, longer each time; returns at once on {@link stop}. */
  async pause(): Promise<void> {
    const delays = this.options.outageRetryDelaysMs ?? OUTAGE_RETRY_DELAYS_MS;
    const waitMs = delays[this.attempts] ?? delays.at(-1) ?? 0;
    this.attempts += 1;
    // It rejects for one reason: the waiting was ended.
    await delay(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  /** Ends the waiting. */
  stop(): void {
    this.stopping.abort();
  }

  private begins(error: AppError): void {
    const { durable, logger } = this.options;
    if (this.reason === undefined) {
      this.startedAt = performance.now();
      logger.warn(
        { durable: durable.name, err: error },
        'a dependency is away; its consumer holds and waits',
      );
      this.metrics.consumerHolds({ durable: durable.name }, true);
    }
    this.reason = error;
  }
}

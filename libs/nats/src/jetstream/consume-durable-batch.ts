import { AppError, type Durable } from '@touchstone/contracts';
import { logsDetails, noMetrics, processTracing, secondsSince, traceIdsOf } from '../observer.js';
import type { ConsumeOptions, RunningConsumer } from './consume-options.js';
import type { DeliveredMessage } from './delivered-message.js';
import { DeadLetterWriter, failureCode } from './dead-letter-copy.js';
import { readEventMessage, type EventMessage } from './event-message.js';
import { DurableSource } from './durable-source.js';
import { unknownDurable } from './pull-source.js';
import { Settlement } from './settlement.js';
import { ACK_PENDING_MAX, findDurable } from './stream-config.js';

/** What {@link consumeDurableBatch} takes. */
export interface ConsumeDurableBatchOptions extends ConsumeOptions {
  /** Most messages of one batch, at most {@link ACK_PENDING_MAX}. */
  readonly maxMessages: number;
  /** Milliseconds that the first message of a batch waits for company. */
  readonly maxWaitMs: number;
  /**
   * Makes the effects of all messages durable in one transaction; all are acknowledged when it resolves. When
   * it rejects nothing may have been kept: it is called again with fewer messages. It must be idempotent.
   */
  readonly handler: (messages: readonly EventMessage[]) => Promise<void>;
}

interface Delivery {
  readonly message: DeliveredMessage;
  readonly event: EventMessage;
}

/**
 * Consumes a durable in batches, in stream order, one batch at a time: many rows per transaction. A batch that
 * fails for a passing reason comes again whole; any other failure is searched for one message at a time, so
 * that one bad message does not bury its neighbours.
 *
 * @throws AppError `config-invalid` for a batch larger than the durable allows; else as `consumeDurable`.
 */
export async function consumeDurableBatch(options: ConsumeDurableBatchOptions): Promise<RunningConsumer> {
  const durable = findDurable(options.durable);
  if (durable === undefined) throw unknownDurable(options.durable);
  const { maxMessages } = options;
  if (!Number.isInteger(maxMessages) || maxMessages < 1 || maxMessages > ACK_PENDING_MAX) {
    throw new AppError('config-invalid', `maxMessages is ${maxMessages}, expected 1 to ${ACK_PENDING_MAX}.`);
  }
  const consumer = new BatchConsumer(options, durable);
  await consumer.start();
  return consumer;
}

class BatchConsumer implements RunningConsumer {
  private readonly waiting: DeliveredMessage[] = [];
  private readonly settlement: Settlement;
  private readonly source: DurableSource;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly options: ConsumeDurableBatchOptions,
    private readonly durable: Durable,
  ) {
    const { nc, logger, maxMessages, workingIntervalMs } = options;
    this.settlement = new Settlement({ ...options, durable, writer: new DeadLetterWriter(nc, durable) });
    this.source = new DurableSource({
      nc,
      durable,
      logger,
      prefetch: Math.min(2 * maxMessages, ACK_PENDING_MAX),
      workingIntervalMs,
      onMessage: (message) => {
        this.waiting.push(message);
        this.schedule();
      },
    });
  }

  start(): Promise<void> {
    return this.source.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.settlement.stop();
    clearTimeout(this.timer);
    await this.source.stop();
    for (const message of this.waiting.splice(0)) message.nak();
    await this.running;
    await this.source.end();
  }

  /** Starts a batch when it is full, or arms the timer for the first message that waits. */
  private schedule(): void {
    if (this.stopped || this.running !== undefined || this.waiting.length === 0) return;
    if (this.waiting.length >= this.options.maxMessages) {
      this.flush();
      return;
    }
    this.timer ??= setTimeout(() => this.flush(), this.options.maxWaitMs);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.waiting.splice(0, this.options.maxMessages);
    this.running = this.processBatch(batch)
      .catch((error: unknown) => {
        this.options.logger.error({ durable: this.durable.name, err: error }, 'a batch was not settled');
      })
      .finally(() => {
        for (const message of batch) this.source.release(message);
        this.running = undefined;
        this.schedule();
      });
  }

  private async processBatch(batch: readonly DeliveredMessage[]): Promise<void> {
    const readable: Delivery[] = [];
    for (const message of batch) {
      try {
        readable.push({ message, event: readEventMessage(message) });
      } catch (error) {
        await this.settlement.fail(message, error);
      }
    }
    if (readable.length === 0) return;
    const failure = await this.attempt(readable);
    if (failure === undefined) return;
    if (readable.length === 1 || isPassing(failure.error)) {
      await this.failAll(readable, failure.error);
      return;
    }
    for (const delivery of readable) {
      const alone = await this.attempt([delivery]);
      if (alone !== undefined) await this.settlement.fail(delivery.message, alone.error);
    }
  }

  /** Runs the handler and acknowledges; returns the failure of the handler alone. */
  private async attempt(deliveries: readonly Delivery[]): Promise<{ error: unknown } | undefined> {
    const { metrics = noMetrics, tracing = processTracing, durable } = this.options;
    const startedAt = performance.now();
    try {
      const carriers = deliveries.map(({ event }) => event.headers);
      await tracing.runWithLinked(carriers, `consume ${durable}`, () => this.handle(deliveries, carriers));
    } catch (error) {
      metrics.handlerRan({ durable, result: failureCode(error) }, secondsSince(startedAt));
      return { error };
    }
    metrics.handlerRan({ durable, result: 'ok' }, secondsSince(startedAt));
    await Promise.all(deliveries.map(({ message }) => this.settlement.succeed(message)));
    return undefined;
  }

  private async handle(
    deliveries: readonly Delivery[],
    carriers: readonly Readonly<Record<string, string>>[],
  ): Promise<void> {
    const { handler, durable, logger } = this.options;
    await handler(deliveries.map(({ event }) => event));
    if (!logsDetails(logger)) return;
    const fields = { durable, messages: deliveries.length, traceIds: traceIdsOf(carriers) };
    logger.debug?.(fields, 'events were handled');
  }

  /** Sends a batch back; a message at its last delivery gets one attempt of its own before it is buried. */
  private async failAll(deliveries: readonly Delivery[], error: unknown): Promise<void> {
    for (const delivery of deliveries) {
      const last = deliveries.length > 1 && this.settlement.isFinal(delivery.message, error);
      const alone = last ? await this.attempt([delivery]) : { error };
      if (alone !== undefined) await this.settlement.fail(delivery.message, alone.error);
    }
  }
}

/** True for a failure of something beside the messages, such as a database that is away. */
function isPassing(error: unknown): boolean {
  return error instanceof AppError && error.retryable && error.code !== 'internal';
}

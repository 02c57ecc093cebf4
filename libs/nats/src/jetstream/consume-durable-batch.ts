import { AppError, type Durable } from '@touchstone/contracts';
import { logsDetails, noMetrics, processTracing, secondsSince, traceIdsOf } from '../observer.js';
import type { ConsumeOptions, RunningConsumer } from './consume-options.js';
import type { DeliveredMessage } from './delivered-message.js';
import { failureCode } from './dead-letter-copy.js';
import { DurableConsumer } from './durable-consumer.js';
import { readEventMessage, type EventMessage } from './event-message.js';
import { unknownDurable } from './pull-source.js';
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
 * fails because a dependency is away waits for it; any other failure is searched for one message at a time, so
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

class BatchConsumer extends DurableConsumer {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  /** Messages of the next batch: one while a dependency is away, then twice as many after each success. */
  private size: number;

  constructor(
    private readonly options: ConsumeDurableBatchOptions,
    durable: Durable,
  ) {
    super(options, durable, Math.min(2 * options.maxMessages, ACK_PENDING_MAX));
    this.size = options.maxMessages;
  }

  override stop(): Promise<void> {
    clearTimeout(this.timer);
    return super.stop();
  }

  protected override async finished(): Promise<void> {
    await this.running;
  }

  /** Starts a batch when it is full, or arms the timer for the first message that waits. */
  protected override proceed(): void {
    if (this.stopped || this.running !== undefined || this.waiting.length === 0) return;
    if (this.waiting.length >= this.size) {
      this.flush();
      return;
    }
    this.timer ??= setTimeout(() => this.flush(), this.options.maxWaitMs);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = this.processBatch(this.waiting.splice(0, this.size))
      .catch((error: unknown) => {
        this.options.logger.error({ durable: this.options.durable, err: error }, 'a batch was not settled');
      })
      .finally(() => {
        this.running = undefined;
        this.proceed();
      });
  }

  private async processBatch(batch: readonly DeliveredMessage[]): Promise<void> {
    const readable = await this.read(batch);
    if (readable.length === 0) return;
    const failure = await this.attempt(readable);
    if (failure === undefined) return;
    if (await this.hold(readable, failure.error)) return;
    if (readable.length > 1) await this.searchAlone(readable);
    else await this.settlement.fail(readable[0]!.message, failure.error);
  }

  private async read(batch: readonly DeliveredMessage[]): Promise<Delivery[]> {
    const readable: Delivery[] = [];
    for (const message of batch) {
      try {
        readable.push({ message, event: readEventMessage(message) });
      } catch (error) {
        await this.settlement.fail(message, error);
      }
    }
    return readable;
  }

  private async searchAlone(deliveries: readonly Delivery[]): Promise<void> {
    for (const [index, delivery] of deliveries.entries()) {
      const failure = await this.attempt([delivery]);
      if (failure === undefined) continue;
      if (await this.hold([delivery], failure.error, deliveries.slice(index + 1))) return;
      await this.settlement.fail(delivery.message, failure.error);
    }
  }

  /**
   * Puts deliveries back to those that wait when they failed because a dependency is away, and waits. The first goes
   * behind all others: whether they fare better tells the dependency from the message.
   */
  private async hold(
    failed: readonly Delivery[],
    error: unknown,
    untried: readonly Delivery[] = [],
  ): Promise<boolean> {
    const messages = failed.map(({ message }) => message);
    if (!this.outage.holds(messages, error)) return false;
    this.size = 1;
    const [first, ...others] = [...messages, ...untried.map(({ message }) => message)];
    this.waiting.unshift(...others);
    this.waiting.push(first!);
    await this.outage.pause();
    return true;
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
    this.outage.ends();
    this.size = Math.min(2 * this.size, this.options.maxMessages);
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
}

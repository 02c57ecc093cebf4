import type { Durable } from '@touchstone/contracts';
import { logsDetails, noMetrics, processTracing, secondsSince } from '../observer.js';
import type { ConsumeOptions, RunningConsumer } from './consume-options.js';
import type { DeliveredMessage } from './delivered-message.js';
import { DeadLetterWriter, failureCode } from './dead-letter-copy.js';
import { readEventMessage, type EventMessage } from './event-message.js';
import { DurableSource } from './durable-source.js';
import { Outage } from './outage.js';
import { unknownDurable } from './pull-source.js';
import { Settlement } from './settlement.js';
import { findDurable } from './stream-config.js';

/** Deliveries that may wait in the process for each handler that runs. */
export const PREFETCH_PER_HANDLER = 16;

/** What {@link consumeDurable} takes. */
export interface ConsumeDurableOptions extends ConsumeOptions {
  /** Makes the effect durable; the message is acknowledged when it resolves. It must be idempotent. */
  readonly handler: (message: EventMessage) => Promise<void>;
  /** Handlers at the same time; 1 keeps the order of the stream. */
  readonly concurrency?: number;
}

/**
 * Consumes a durable one message at a time. With `concurrency` 1 handlers run in stream order; a message that
 * fails comes again later and others pass it meanwhile, so that one bad message does not stop the rest.
 *
 * @throws AppError when the durable is missing (`dependency-unavailable`) or another service's (`forbidden`).
 */
export async function consumeDurable(options: ConsumeDurableOptions): Promise<RunningConsumer> {
  const durable = findDurable(options.durable);
  if (durable === undefined) throw unknownDurable(options.durable);
  const consumer = new SingleConsumer(options, durable);
  await consumer.start();
  return consumer;
}

class SingleConsumer implements RunningConsumer {
  private readonly waiting: DeliveredMessage[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly concurrency: number;
  private readonly settlement: Settlement;
  private readonly outage: Outage;
  private readonly source: DurableSource;
  private stopped = false;

  constructor(
    private readonly options: ConsumeDurableOptions,
    private readonly durable: Durable,
  ) {
    const { nc, logger, concurrency = 1, workingIntervalMs } = options;
    this.concurrency = concurrency;
    this.settlement = new Settlement({
      ...options,
      durable,
      writer: new DeadLetterWriter(nc, durable),
      onSettled: (message) => this.source.release(message),
    });
    this.outage = new Outage({ ...options, durable });
    this.source = new DurableSource({
      nc,
      durable,
      logger,
      prefetch: concurrency * PREFETCH_PER_HANDLER,
      workingIntervalMs,
      onMessage: (message) => {
        this.waiting.push(message);
        this.next();
      },
    });
  }

  start(): Promise<void> {
    return this.source.start();
  }

  check(): void {
    this.outage.check();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.settlement.stop();
    this.outage.stop();
    await this.source.stop();
    await this.giveBackWaiting();
    await Promise.all(this.running);
    // A handler that ran until now may have found a dependency away.
    await this.giveBackWaiting();
    await this.source.end();
  }

  private async giveBackWaiting(): Promise<void> {
    for (const message of this.waiting.splice(0)) await this.settlement.giveBack(message);
  }

  private next(): void {
    while (!this.stopped && this.running.size < (this.outage.lasts ? 1 : this.concurrency)) {
      const message = this.waiting.shift();
      if (message === undefined) return;
      const work: Promise<void> = this.process(message)
        .catch((error: unknown) => {
          // Settling needs the connection; without it the server delivers again after the ack wait.
          const fields = { durable: this.durable.name, sequence: message.seq, err: error };
          this.options.logger.error(fields, 'a delivery was not settled');
        })
        .finally(() => {
          this.running.delete(work);
          this.next();
        });
      this.running.add(work);
    }
  }

  private async process(message: DeliveredMessage): Promise<void> {
    const failure = await this.attempt(message);
    if (failure === undefined) {
      this.outage.ends();
      await this.settlement.succeed(message);
    } else if (this.outage.holds([message], failure.error)) {
      // Behind the others: whether they fare better tells the dependency from the message.
      this.waiting.push(message);
      await this.outage.pause();
    } else await this.settlement.fail(message, failure.error);
  }

  private async attempt(message: DeliveredMessage): Promise<{ error: unknown } | undefined> {
    const { metrics = noMetrics, tracing = processTracing, handler, durable, logger } = this.options;
    const startedAt = performance.now();
    let failure: { error: unknown } | undefined;
    try {
      const event = readEventMessage(message);
      await tracing.runWithRemote(event.headers, `consume ${durable}`, async () => {
        await handler(event);
        if (!logsDetails(logger)) return;
        logger.debug?.({ durable, subject: event.subject, msgId: event.msgId }, 'an event was handled');
      });
    } catch (error) {
      failure = { error };
    }
    const result = failure ? failureCode(failure.error) : 'ok';
    metrics.handlerRan({ durable, result }, secondsSince(startedAt));
    return failure;
  }
}

import type { Durable } from '@touchstone/contracts';
import { logsDetails, noMetrics, processTracing, secondsSince } from '../observer.js';
import type { ConsumeOptions, RunningConsumer } from './consume-options.js';
import type { DeliveredMessage } from './delivered-message.js';
import { failureCode } from './dead-letter-copy.js';
import { DurableConsumer } from './durable-consumer.js';
import { readEventMessage, type EventMessage } from './event-message.js';
import { unknownDurable } from './pull-source.js';
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

class SingleConsumer extends DurableConsumer {
  private readonly running = new Set<Promise<void>>();
  private readonly concurrency: number;

  constructor(
    private readonly options: ConsumeDurableOptions,
    durable: Durable,
  ) {
    const { concurrency = 1 } = options;
    super(options, durable, concurrency * PREFETCH_PER_HANDLER);
    this.concurrency = concurrency;
  }

  protected override finished(): Promise<unknown> {
    return Promise.all(this.running);
  }

  protected override proceed(): void {
    while (!this.stopped && this.running.size < (this.outage.lasts ? 1 : this.concurrency)) {
      const message = this.waiting.shift();
      if (message === undefined) return;
      const work: Promise<void> = this.process(message)
        .catch((error: unknown) => {
          // Settling needs the connection; without it the server delivers again after the ack wait.
          const fields = { durable: this.options.durable, sequence: message.seq, err: error };
          this.options.logger.error(fields, 'a delivery was not settled');
        })
        .finally(() => {
          this.running.delete(work);
          this.proceed();
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

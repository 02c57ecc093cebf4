import type { ErrorCode } from '@touchstone/contracts';
import { logsDetails, noMetrics, processTracing, secondsSince } from '../observer.js';
import type { ConsumeOptions, RunningConsumer } from './consume-options.js';
import type { DeliveredMessage } from './delivered-message.js';
import { DeadLetterWriter, failureCode } from './dead-letter-copy.js';
import { readEventMessage, type EventMessage } from './event-message.js';
import { DurableSource } from './durable-source.js';
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
  const { nc, logger, concurrency = 1 } = options;
  const durable = findDurable(options.durable);
  if (durable === undefined) throw unknownDurable(options.durable);
  const settlement = new Settlement({ ...options, durable, writer: new DeadLetterWriter(nc, durable) });
  const waiting: DeliveredMessage[] = [];
  const running = new Set<Promise<void>>();
  let stopped = false;

  const next = (): void => {
    while (!stopped && running.size < concurrency) {
      const message = waiting.shift();
      if (message === undefined) return;
      const work: Promise<void> = processOne(options, settlement, message)
        .catch((error: unknown) => {
          // Settling needs the connection; without it the server delivers again after the ack wait.
          logger.error(
            { durable: durable.name, sequence: message.seq, err: error },
            'a delivery was not settled',
          );
        })
        .finally(() => {
          source.release(message);
          running.delete(work);
          next();
        });
      running.add(work);
    }
  };
  const source = new DurableSource({
    nc,
    durable,
    logger,
    prefetch: concurrency * PREFETCH_PER_HANDLER,
    workingIntervalMs: options.workingIntervalMs,
    onMessage: (message) => {
      waiting.push(message);
      next();
    },
  });
  await source.start();
  return {
    async stop() {
      stopped = true;
      settlement.stop();
      await source.stop();
      // What only waited goes back at once, so that another replica need not wait for the ack wait.
      for (const message of waiting.splice(0)) message.nak();
      await Promise.all(running);
      await source.end();
    },
  };
}

async function processOne(
  options: ConsumeDurableOptions,
  settlement: Settlement,
  message: DeliveredMessage,
): Promise<void> {
  const { metrics = noMetrics, tracing = processTracing, handler, durable } = options;
  const startedAt = performance.now();
  let result: 'ok' | ErrorCode = 'ok';
  try {
    const event = readEventMessage(message);
    await tracing.runWithRemote(event.headers, `consume ${durable}`, async () => {
      await handler(event);
      if (logsDetails(options.logger))
        options.logger.debug?.(
          { durable, subject: event.subject, msgId: event.msgId },
          'an event was handled',
        );
    });
  } catch (error) {
    result = failureCode(error);
    metrics.handlerRan({ durable, result }, secondsSince(startedAt));
    await settlement.fail(message, error);
    return;
  }
  metrics.handlerRan({ durable, result }, secondsSince(startedAt));
  await settlement.succeed(message);
}

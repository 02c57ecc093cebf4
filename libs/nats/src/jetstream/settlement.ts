import { AppError, type Durable } from '@touchstone/contracts';
import { delay } from '@nats-io/nats-core';
import { noMetrics, type MeshLogger, type MeshMetrics } from '../observer.js';
import type { DeliveredMessage } from './delivered-message.js';
import { DeadLetterWriter, failureCode, isPermanent, type DeadLetterNotice } from './dead-letter-copy.js';
import { DELIVERIES_MAX } from './stream-config.js';

/** Milliseconds before the second to sixth delivery of a message whose handler failed. */
export const REDELIVERY_DELAYS_MS: readonly number[] = [1_000, 5_000, 30_000, 120_000, 600_000];
/**
 * Milliseconds before what a stopped consumer gives back is delivered again: time for another one to pull. When nobody
 * pulls, servers of version 2.9 mislay the first of what comes back until the ack wait and deliver the last one twice.
 */
export const GIVE_BACK_DELAY_MS = 2_000;
/** Milliseconds between two attempts to copy a dead letter while the stream DLQ does not answer. */
export const DEAD_LETTER_RETRY_MS = 2_000;
/** Attempts to copy one dead letter; then it is given back, so that it does not keep others from being delivered. */
export const DEAD_LETTER_ATTEMPTS_MAX = 15;

/** What {@link Settlement} needs. */
export interface SettlementOptions {
  readonly durable: Durable;
  readonly writer: DeadLetterWriter;
  readonly logger: MeshLogger;
  readonly metrics?: MeshMetrics | undefined;
  /** Overrides {@link DEAD_LETTER_RETRY_MS}. */
  readonly deadLetterRetryMs?: number | undefined;
  readonly redeliveryDelaysMs?: readonly number[] | undefined;
  readonly confirmAcks?: boolean | undefined;
  readonly onDeadLetter?: ((notice: DeadLetterNotice) => void) | undefined;
  /** Told when a delivery is over, also when the server could not be told. */
  readonly onSettled: (message: DeliveredMessage) => void;
}

/** Decides how a delivery ends: acknowledged, delivered again later, or copied to the dead letters. */
export class Settlement {
  private stopped = false;
  private readonly metrics: MeshMetrics;

  constructor(private readonly options: SettlementOptions) {
    this.metrics = options.metrics ?? noMetrics;
  }

  /** Gives up copies that cannot be made; the message stays in its stream and in the advisories. */
  stop(): void {
    this.stopped = true;
  }

  /** The effect is committed. A lost acknowledgement only causes a delivery that the inbox recognises. */
  async succeed(message: DeliveredMessage): Promise<void> {
    try {
      if (message.replay) await this.options.writer.markReplayed(message);
      if (this.options.confirmAcks) await message.ackAck();
      else message.ack();
      this.metrics.deliverySettled({ durable: this.options.durable.name, result: 'ack' });
    } finally {
      this.options.onSettled(message);
    }
  }

  /** Asks for another delivery after the next delay, or buries the message. */
  async fail(message: DeliveredMessage, error: unknown): Promise<void> {
    try {
      if (isPermanent(error) || isLastDelivery(message)) await this.bury(message, error);
      else this.retryLater(message, error);
    } finally {
      this.options.onSettled(message);
    }
  }

  /**
   * Gives back what nobody worked on, so that another replica need not wait for the ack wait. The server never
   * delivers a message again whose last delivery is given back; that one is buried instead of lost.
   */
  async giveBack(message: DeliveredMessage): Promise<void> {
    try {
      if (isLastDelivery(message)) await this.bury(message, stoppedBeforeLastDelivery());
      else message.nak(GIVE_BACK_DELAY_MS);
    } finally {
      this.options.onSettled(message);
    }
  }

  private retryLater(message: DeliveredMessage, error: unknown): void {
    const { durable, logger, redeliveryDelaysMs = REDELIVERY_DELAYS_MS } = this.options;
    const { deliveryCount } = message.info;
    const waitMs = redeliveryDelaysMs[deliveryCount - 1] ?? redeliveryDelaysMs.at(-1) ?? 0;
    const fields = {
      durable: durable.name,
      sequence: message.seq,
      deliveryCount,
      waitMs,
      code: failureCode(error),
    };
    logger.warn({ ...fields, err: error }, 'an event could not be processed and is delivered again');
    message.nak(waitMs);
    this.metrics.deliverySettled({ durable: durable.name, result: 'nak' });
  }

  /**
   * Copies first and terminates after, so that no failure in between loses the message. One that cannot be copied
   * comes again with the next delivery; after the last it stays in its stream, unread, and an advisory names it.
   */
  private async bury(message: DeliveredMessage, error: unknown): Promise<void> {
    const { durable, logger, writer, onDeadLetter, deadLetterRetryMs = DEAD_LETTER_RETRY_MS } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const notice = await writer.copy(message, error);
        message.term();
        this.metrics.deliverySettled({ durable: durable.name, result: 'dead-letter' });
        logger.error({ ...notice, error: undefined, err: error }, 'an event became a dead letter');
        onDeadLetter?.(notice);
        return;
      } catch (cause) {
        logger.error(
          { durable: durable.name, sequence: message.seq, err: cause },
          'a dead letter was not copied',
        );
        if (this.stopped) return;
        if (attempt >= DEAD_LETTER_ATTEMPTS_MAX) {
          if (!isLastDelivery(message)) this.retryLater(message, error);
          return;
        }
        await delay(deadLetterRetryMs);
      }
    }
  }
}

function isLastDelivery(message: DeliveredMessage): boolean {
  return message.info.deliveryCount >= DELIVERIES_MAX;
}

function stoppedBeforeLastDelivery(): AppError {
  return new AppError(
    'dependency-unavailable',
    'The consumer was stopped while this message waited in its last delivery.',
  );
}

import { replayDurable, type Durable } from '@touchstone/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { MeshLogger } from '../observer.js';
import { readDeadLetterMessage } from './dead-letter-message.js';
import type { DeliveredMessage } from './delivered-message.js';
import { PullSource } from './pull-source.js';

/** Replays that may wait in the process; they are rare and stand beside the deliveries of the stream. */
export const REPLAY_PREFETCH = 16;
/** Milliseconds before a request to replay comes again whose dead letter could not be read. */
export const REPLAY_RETRY_MS = 5_000;

/** What {@link DurableSource} needs. */
export interface DurableSourceOptions {
  readonly nc: NatsConnection;
  readonly durable: Durable;
  readonly prefetch: number;
  readonly logger: MeshLogger;
  readonly onMessage: (message: DeliveredMessage) => void;
  readonly workingIntervalMs?: number | undefined;
}

/** The deliveries of a durable: its stream, and the dead letters that an operator sends back to it. */
export class DurableSource {
  private readonly stream: PullSource;
  private readonly replays: PullSource;
  private stopped = false;

  constructor(private readonly options: DurableSourceOptions) {
    this.stream = new PullSource(options);
    this.replays = new PullSource({
      ...options,
      durable: replayDurable(options.durable),
      prefetch: REPLAY_PREFETCH,
      onMessage: (request) => void this.bringBack(request),
    });
  }

  /** Opens both pulls. @throws AppError when a durable is missing or not this user's. */
  async start(): Promise<void> {
    await this.replays.start();
    try {
      await this.stream.start();
    } catch (error) {
      await this.stop();
      await this.end();
      throw error;
    }
  }

  /** The delivery is settled and needs no more signals. */
  release(message: DeliveredMessage): void {
    if (message.replay === undefined) this.stream.release(message as JsMsg);
    else this.replays.release(message.replay);
  }

  /** Asks for no more deliveries. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([this.stream.stop(), this.replays.stop()]);
  }

  /** Ends the signals; call it when everything that was held is settled. */
  async end(): Promise<void> {
    await Promise.all([this.stream.end(), this.replays.end()]);
  }

  private async bringBack(request: JsMsg): Promise<void> {
    const { nc, durable, logger, onMessage } = this.options;
    try {
      const message = await readDeadLetterMessage(nc, durable, request);
      if (message !== undefined && !this.stopped) {
        logger.info({ durable: durable.name, sequence: message.seq }, 'a dead letter is replayed');
        onMessage(message);
        return;
      }
      if (message === undefined) {
        logger.warn({ durable: durable.name, subject: request.subject }, 'there is nothing to replay');
        request.ack();
      } else request.nak();
    } catch (error) {
      logger.warn(
        { durable: durable.name, err: error },
        'a dead letter could not be read and is tried again',
      );
      request.nak(REPLAY_RETRY_MS);
    }
    this.replays.release(request);
  }
}

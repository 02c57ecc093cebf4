import { AppError, type Durable } from '@touchstone/contracts';
import { jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection, Subscription } from '@nats-io/nats-core';
import { setTimeout as sleep } from 'node:timers/promises';
import { toAppError } from '../nats-errors.js';
import type { MeshLogger } from '../observer.js';

/** Milliseconds one pull request lives; half of it is the heartbeat, so that a dead pull is seen within one. */
export const PULL_EXPIRES_MS = 5_000;
/** Milliseconds before a pull that ended by itself is opened again. */
export const PULL_REOPEN_MS = 1_000;
/** Milliseconds that stopping waits for deliveries on their way; a server that is away sends none. */
export const PULL_DRAIN_MS = 1_000;
/** Milliseconds between two signals that held deliveries are still being worked on; well below the ack wait. */
export const WORKING_INTERVAL_MS = 10_000;

/** What {@link PullSource} needs. */
export interface PullSourceOptions {
  readonly nc: NatsConnection;
  readonly durable: Durable;
  readonly prefetch: number;
  readonly logger: MeshLogger;
  readonly onMessage: (message: JsMsg) => void;
  readonly workingIntervalMs?: number | undefined;
}

/**
 * Keeps one pull open on a durable, across restarts of the server, and hands deliveries on. nats.js's callback
 * style is used because leaving its iterator can hang. Deliveries that wait in this process are kept alive, so
 * that a slow handler does not make the server deliver them a second time.
 */
export class PullSource {
  private readonly held = new Set<JsMsg>();
  private messages: ConsumerMessages | undefined;
  private readonly stopping = new AbortController();
  private timer: ReturnType<typeof setInterval> | undefined;
  private supervisor: Promise<void> = Promise.resolve();

  constructor(private readonly options: PullSourceOptions) {}

  /** Opens the pull. @throws AppError when the durable is missing or not this user's. */
  async start(): Promise<void> {
    const { durable, workingIntervalMs = WORKING_INTERVAL_MS } = this.options;
    try {
      this.messages = await this.open();
    } catch (error) {
      throw toAppError(error, `Consuming ${durable.name}`);
    }
    this.timer = setInterval(() => this.keepAlive(), workingIntervalMs);
    this.supervisor = this.supervise();
  }

  /** The delivery is settled and needs no more signals. */
  release(message: JsMsg): void {
    this.held.delete(message);
  }

  /**
   * Asks for no more deliveries; those on their way are still handed on. One that were dropped here would come again
   * only after the ack wait.
   */
  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.messages === undefined) return;
    // Neither wait outlives the other: a timer that is left keeps a process alive which has nothing more to do.
    const limit = new AbortController();
    await Promise.race([drain(this.messages), pause(PULL_DRAIN_MS, limit.signal)]);
    limit.abort();
    await this.messages.close();
  }

  /** Ends the signals; call it when everything that was held is settled. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    this.held.clear();
    await this.supervisor;
  }

  private async open(): Promise<ConsumerMessages> {
    const { nc, durable, prefetch } = this.options;
    const js = jetstream(nc, { checkAPI: false });
    const consumer = await js.consumers.get(durable.stream, durable.name);
    return consumer.consume({
      max_messages: prefetch,
      expires: PULL_EXPIRES_MS,
      callback: (message) => {
        this.held.add(message);
        this.options.onMessage(message);
      },
    });
  }

  private async supervise(): Promise<void> {
    const { nc, durable, logger } = this.options;
    while (!this.stopping.signal.aborted) {
      const ended = await this.messages?.closed();
      if (this.stopping.signal.aborted) return;
      if (nc.isClosed()) {
        // Nothing can be settled any more; the server delivers again what was held.
        clearInterval(this.timer);
        return;
      }
      logger.warn({ durable: durable.name, err: ended }, 'a pull ended by itself and is opened again');
      await pause(PULL_REOPEN_MS, this.stopping.signal);
      try {
        if (!this.stopping.signal.aborted) this.messages = await this.open();
        if (this.stopping.signal.aborted) await this.messages?.close();
      } catch (error) {
        logger.error({ durable: durable.name, err: error }, 'a pull could not be opened again');
      }
    }
  }

  private keepAlive(): void {
    try {
      for (const message of this.held) message.working();
    } catch (error) {
      this.options.logger.warn({ err: error }, 'held deliveries could not be kept alive');
    }
  }
}

/** A wait that ends early, without a timer, when it is aborted. */
async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await sleep(durationMs, undefined, { signal }).catch(() => undefined);
}

/** `close()` unsubscribes at once and loses what is on its way; draining is not in the interface of nats.js. */
async function drain(messages: ConsumerMessages): Promise<void> {
  const { sub } = messages as ConsumerMessages & { readonly sub: Subscription };
  // It rejects when the connection or the subscription is closed: then nothing is on its way.
  await sub.drain().catch(() => undefined);
}

/** The error for a durable that contracts does not declare. */
export function unknownDurable(name: string): AppError {
  return new AppError('config-invalid', `contracts has no durable "${name}".`);
}

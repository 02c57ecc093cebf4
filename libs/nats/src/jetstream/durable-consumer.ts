import type { Durable } from '@touchstone/contracts';
import type { ConsumeOptions, RunningConsumer } from './consume-options.js';
import { DeadLetterWriter } from './dead-letter-copy.js';
import type { DeliveredMessage } from './delivered-message.js';
import { DurableSource } from './durable-source.js';
import { Outage } from './outage.js';
import { Settlement } from './settlement.js';

/** What all consumers of a durable do alike: hold deliveries that wait, settle them, sit out an outage, and stop. */
export abstract class DurableConsumer implements RunningConsumer {
  protected readonly waiting: DeliveredMessage[] = [];
  protected readonly settlement: Settlement;
  protected readonly outage: Outage;
  protected stopped = false;
  private readonly source: DurableSource;

  protected constructor(options: ConsumeOptions, durable: Durable, prefetch: number) {
    const { nc, logger, workingIntervalMs } = options;
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
      prefetch,
      workingIntervalMs,
      onMessage: (message) => {
        this.waiting.push(message);
        this.proceed();
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
    await this.finished();
    // What ran until now may have found a dependency away.
    await this.giveBackWaiting();
    await this.source.end();
  }

  /** Starts what can be started of what waits; nothing once it was stopped. */
  protected abstract proceed(): void;

  /** Resolves when nothing runs any more. */
  protected abstract finished(): Promise<unknown>;

  private async giveBackWaiting(): Promise<void> {
    for (const message of this.waiting.splice(0)) await this.settlement.giveBack(message);
  }
}

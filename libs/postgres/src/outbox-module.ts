import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import {
  LOGGER,
  METRICS,
  PUBLISH_EVENT,
  SHUTDOWN,
  type Logger,
  type PublishEvent,
  type Registry,
  type Shutdown,
} from '@touchstone/platform';
import { DataSource } from 'typeorm';
import { OutboxRelay } from './outbox/outbox-relay.js';
import { Outbox } from './outbox/outbox.js';

/**
 * Runs the relay of a service's outbox from start to shutdown. Needs `PostgresModule`, and a bus module that
 * provides `PUBLISH_EVENT`.
 */
@Module({})
export class OutboxModule implements OnModuleInit {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(PUBLISH_EVENT) private readonly publish: PublishEvent,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) private readonly metrics: Registry,
    @Inject(SHUTDOWN) private readonly shutdown: Shutdown,
  ) {}

  onModuleInit(): void {
    const { dataSource, publish, logger, metrics } = this;
    const relay = new OutboxRelay({ dataSource, publish, logger, metrics });
    this.outbox.wakes(relay);
    relay.start();
    this.shutdown.add('outbox', 'outbox relay', async (signal) => {
      await relay.flush(signal);
      await relay.stop();
    });
  }
}

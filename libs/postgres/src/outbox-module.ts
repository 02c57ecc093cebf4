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
import { Outbox } from './outbox/outbox.js';
import { startOutboxRelay } from './outbox/start-outbox-relay.js';

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
    const { dataSource, outbox, publish, logger, metrics, shutdown } = this;
    startOutboxRelay({ dataSource, outbox, publish, logger, metrics, shutdown });
  }
}

import { Inject, Module, Optional, type OnModuleInit } from '@nestjs/common';
import { LOGGER, METRICS, type Logger, type Registry } from '@touchstone/platform/observability';
import { SHUTDOWN, type Shutdown } from '@touchstone/platform/runtime';
import { EVENT_BUS, PUBLISH_EVENT, type EventBus, type PublishEvent } from '@touchstone/platform/wiring';
import { DataSource } from 'typeorm';
import { Outbox } from './outbox/outbox.js';
import { startOutboxRelay } from './outbox/start-outbox-relay.js';

/**
 * Runs the relay of a service's outbox from start to shutdown. Needs `PostgresModule`, and a bus module that
 * provides `PUBLISH_EVENT`, and `EVENT_BUS` where it has streams.
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
    @Optional() @Inject(EVENT_BUS) private readonly bus?: EventBus,
  ) {}

  onModuleInit(): void {
    const { dataSource, outbox, publish, bus, logger, metrics, shutdown } = this;
    startOutboxRelay({ dataSource, outbox, publish, bus, logger, metrics, shutdown });
  }
}

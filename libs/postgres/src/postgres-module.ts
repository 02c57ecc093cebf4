import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import {
  HEALTH,
  LOGGER,
  METRICS,
  type HealthRegistry,
  type Registry,
} from '@touchstone/platform/observability';
import { awaitDependency, SHUTDOWN, type StartParts } from '@touchstone/platform/runtime';
import { provide } from '@touchstone/platform/wiring';
import { DataSource } from 'typeorm';
import { createDataSource, STATEMENT_TIMEOUT_DEFAULT_MS, type PostgresOptions } from './data-source.js';
import { assertMigrated } from './migrations.js';
import { Outbox } from './outbox/outbox.js';
import { addPoolFigures } from './pool-metrics.js';
import { assertOwnSessions } from './session-check.js';
import { ASSERT_WRITABLE_SQL } from './sessions.js';
import { withStartErrors } from './start-errors.js';

/**
 * Gives a service its `DataSource` and `Outbox`, a readiness check, the figures of its pool and the closing in the phase `database`.
 * A start waits for the database and for its migrations.
 */
@Module({})
export class PostgresModule implements OnModuleInit {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(METRICS) private readonly metrics: Registry,
  ) {}

  static forRoot(options: PostgresOptions): DynamicModule {
    return {
      module: PostgresModule,
      global: true,
      providers: [
        provide(DataSource, { health: HEALTH, logger: LOGGER, shutdown: SHUTDOWN }, (parts) =>
          openDataSource(options, parts),
        ),
        provide(Outbox, { dataSource: DataSource }, ({ dataSource }) => new Outbox(dataSource)),
      ],
      exports: [DataSource, Outbox],
    };
  }

  onModuleInit(): void {
    addPoolFigures(this.metrics, this.dataSource);
    this.health.addReadiness('postgres', async () => {
      // After a failover an open session may still lead to the old primary, which answers and takes no writes.
      await this.dataSource.query(ASSERT_WRITABLE_SQL);
    });
  }
}

async function openDataSource(options: PostgresOptions, parts: StartParts): Promise<DataSource> {
  const dataSource = await awaitDependency(
    'postgres',
    () => withStartErrors(() => tryToOpen(options)),
    parts,
  );
  parts.shutdown.add('database', 'postgres', () => dataSource.destroy());
  return dataSource;
}

async function tryToOpen(options: PostgresOptions): Promise<DataSource> {
  const dataSource = await createDataSource(options).initialize();
  try {
    await assertOwnSessions({ statementTimeoutMs: STATEMENT_TIMEOUT_DEFAULT_MS, ...options });
    await assertMigrated(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

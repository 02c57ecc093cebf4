import { Module, type DynamicModule } from '@nestjs/common';
import { services } from '@touchstone/contracts';
import { MeshModule } from '@touchstone/nats';
import {
  CLOCK,
  METRICS,
  SHUTDOWN,
  type Clock,
  type Registry,
  type ServiceContext,
  type Shutdown,
} from '@touchstone/platform';
import {
  dropInbox,
  Outbox,
  OutboxModule,
  PostgresModule,
  RememberSequences1785710000000,
  type PostgresOptions,
} from '@touchstone/postgres';
import { DataSource } from 'typeorm';
import { LoggedAudit } from './adapters/stdout/logged-audit.js';
import type { Config } from './config.js';
import { NODE_READER, NODE_STORE, type NodeReader, type NodeStore } from './domain/ports.js';
import { ReceiveHeartbeat } from './domain/receive-heartbeat.js';
import { HubMetrics } from './metrics.js';
import { CreateAttestation1763710000000 } from './persistence/migrations/1763710000000-create-attestation.js';
import { NodeAllowances1785800000000 } from './persistence/migrations/1785800000000-node-allowances.js';
import { PostgresNodeReader } from './persistence/postgres-node-reader.js';
import { PostgresNodeStore } from './persistence/postgres-node-store.js';
import { HeartbeatSenders } from './transport/http/heartbeat-senders.js';
import { HeartbeatsController } from './transport/http/heartbeats.controller.js';
import { NodesController } from './transport/http/nodes.controller.js';
import { AttestationRpc } from './transport/nats/attestation.rpc.js';

/** How the hub reaches its schema; also used by the command `migrate`. */
export function postgresOptions(config: Config): PostgresOptions {
  return {
    url: config.DATABASE_URL,
    schema: services['attestation-hub'].schema,
    migrations: [
      CreateAttestation1763710000000,
      dropInbox(services['attestation-hub'].schema),
      RememberSequences1785710000000,
      NodeAllowances1785800000000,
    ],
    poolMax: config.TOUCHSTONE_DATABASE_POOL_MAX,
    applicationName: 'attestation-hub',
    statementTimeoutMs: config.TOUCHSTONE_DATABASE_STATEMENT_TIMEOUT_MS,
  };
}

/** Wires the attestation hub. */
@Module({})
export class AppModule {
  static forConfig(config: Config, { logger }: ServiceContext<Config>): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PostgresModule.forRoot(postgresOptions(config)),
        MeshModule.forRoot({
          service: 'attestation-hub',
          url: config.NATS_URL,
          user: config.TOUCHSTONE_NATS_USER,
          password: config.TOUCHSTONE_NATS_PASSWORD ?? '',
          provisioned: { streams: ['ATTESTATION'] },
        }),
        OutboxModule,
      ],
      controllers: [HeartbeatsController, NodesController, AttestationRpc],
      providers: [
        {
          provide: HeartbeatSenders,
          useFactory: () => new HeartbeatSenders(config.TOUCHSTONE_HEARTBEAT_TOKENS),
        },
        {
          provide: NODE_STORE,
          inject: [DataSource, Outbox, SHUTDOWN],
          useFactory: (dataSource: DataSource, outbox: Outbox, shutdown: Shutdown) => {
            const store = new PostgresNodeStore(dataSource, outbox, config.TOUCHSTONE_NODES_MAX);
            shutdown.add('outbox', 'heartbeats', () => store.close());
            return store;
          },
        },
        {
          provide: NODE_READER,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => new PostgresNodeReader(dataSource),
        },
        {
          provide: HubMetrics,
          inject: [METRICS, CLOCK, NODE_READER],
          useFactory: (registry: Registry, clock: Clock, reader: NodeReader) =>
            new HubMetrics(registry, clock, () =>
              reader.count(clock.nowMs() - config.TOUCHSTONE_STALE_AFTER_MS),
            ),
        },
        {
          provide: ReceiveHeartbeat,
          inject: [NODE_STORE, HubMetrics, CLOCK],
          useFactory: (store: NodeStore, metrics: HubMetrics, clock: Clock) =>
            new ReceiveHeartbeat(store, new LoggedAudit(logger), metrics, clock),
        },
      ],
    };
  }
}

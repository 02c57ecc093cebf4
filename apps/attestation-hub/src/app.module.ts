import {
  CLOCK,
  METRICS,
  SHUTDOWN,
  type Clock,
  type Registry,
  type ServiceContext,
  type Shutdown,
} from '@touchstone/platform';
import { Outbox } from '@touchstone/postgres';
import type { ServiceParts } from '@touchstone/service';
import { DataSource } from 'typeorm';
import { LoggedAudit } from './adapters/stdout/logged-audit.js';
import type { Config } from './config.js';
import { NODE_READER, NODE_STORE, type NodeReader, type NodeStore } from './domain/ports.js';
import { ReceiveHeartbeat } from './domain/receive-heartbeat.js';
import { HubMetrics } from './metrics.js';
import { PostgresNodeReader } from './persistence/postgres-node-reader.js';
import { PostgresNodeStore } from './persistence/postgres-node-store.js';
import { HeartbeatSenders } from './transport/http/heartbeat-senders.js';
import { HeartbeatsController } from './transport/http/heartbeats.controller.js';
import { NodesController } from './transport/http/nodes.controller.js';
import { AttestationRpc } from './transport/nats/attestation.rpc.js';

/** Wires the attestation hub. */
export function appParts(config: Config, { logger }: ServiceContext<Config>): ServiceParts {
  return {
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

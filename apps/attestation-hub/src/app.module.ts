import { METRICS } from '@touchstone/platform/observability';
import { SHUTDOWN } from '@touchstone/platform/runtime';
import { CLOCK, provide, type ServiceContext } from '@touchstone/platform/wiring';
import { Outbox } from '@touchstone/postgres';
import type { ServiceParts } from '@touchstone/service';
import { DataSource } from 'typeorm';
import { LoggedAudit } from './adapters/stdout/logged-audit.js';
import { flipRulesOf, type Config } from './config.js';
import { ReceiveHeartbeat } from './domain/receive-heartbeat.js';
import { HubMetrics, RECENT_FINDINGS_MS } from './metrics.js';
import { PostgresAuditReader } from './persistence/postgres-audit-reader.js';
import { PostgresNodeReader } from './persistence/postgres-node-reader.js';
import { PostgresNodeRemover } from './persistence/postgres-node-remover.js';
import { PostgresNodeStore } from './persistence/postgres-node-store.js';
import { AuditController } from './transport/http/audit.controller.js';
import { HeartbeatSenders } from './transport/http/heartbeat-senders.js';
import { HeartbeatsController } from './transport/http/heartbeats.controller.js';
import { MetricsController } from './transport/http/metrics.controller.js';
import { NodesController } from './transport/http/nodes.controller.js';
import { OperatorNodesController } from './transport/http/operator-nodes.controller.js';
import { Operator } from './transport/http/operator.js';
import { AttestationRpc } from './transport/nats/attestation.rpc.js';
import { AUDIT_READER, NODE_READER, NODE_REMOVER, NODE_STORE } from './tokens.js';

/** Wires the attestation hub. */
export function appParts(config: Config, { logger }: ServiceContext<Config>): ServiceParts {
  return {
    controllers: [
      HeartbeatsController,
      NodesController,
      OperatorNodesController,
      AuditController,
      MetricsController,
      AttestationRpc,
    ],
    providers: [
      Operator,
      provide(HeartbeatSenders, {}, () => new HeartbeatSenders(config.TOUCHSTONE_HEARTBEAT_TOKENS)),
      provide(NODE_STORE, { dataSource: DataSource, outbox: Outbox, shutdown: SHUTDOWN }, (parts) => {
        const store = new PostgresNodeStore(parts.dataSource, parts.outbox, {
          nodesMax: config.TOUCHSTONE_NODES_MAX,
          auditLinesMax: config.TOUCHSTONE_AUDIT_LINES_MAX,
          rules: flipRulesOf(config),
        });
        parts.shutdown.add('outbox', 'heartbeats', () => store.close());
        return store;
      }),
      provide(
        NODE_READER,
        { dataSource: DataSource },
        ({ dataSource }) => new PostgresNodeReader(dataSource),
      ),
      provide(
        NODE_REMOVER,
        { dataSource: DataSource },
        ({ dataSource }) => new PostgresNodeRemover(dataSource),
      ),
      provide(
        AUDIT_READER,
        { dataSource: DataSource },
        ({ dataSource }) => new PostgresAuditReader(dataSource),
      ),
      provide(
        HubMetrics,
        { registry: METRICS, clock: CLOCK, reader: NODE_READER },
        ({ registry, clock, reader }) =>
          new HubMetrics(registry, () => {
            const nowMs = clock.nowMs();
            return reader.count(nowMs - config.TOUCHSTONE_STALE_AFTER_MS, nowMs - RECENT_FINDINGS_MS);
          }),
      ),
      provide(
        ReceiveHeartbeat,
        { store: NODE_STORE, metrics: HubMetrics, clock: CLOCK },
        ({ store, metrics, clock }) => new ReceiveHeartbeat(store, new LoggedAudit(logger), metrics, clock),
      ),
    ],
  };
}

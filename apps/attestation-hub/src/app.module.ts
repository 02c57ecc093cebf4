import { METRICS } from '@touchstone/platform/observability';
import { CLOCK, provide, type ServiceContext } from '@touchstone/platform/wiring';
import type { ServiceParts } from '@touchstone/service';
import type { Config } from './config.js';
import { HubMetrics, RECENT_FINDINGS_MS } from './metrics.js';
import { stores } from './providers/stores.js';
import { useCases } from './providers/use-cases.js';
import { NODE_READER } from './tokens.js';
import { HubGrpc } from './transport/grpc/hub.grpc.js';
import { AuditController } from './transport/http/audit.controller.js';
import { DecisionsController } from './transport/http/decisions.controller.js';
import { HeartbeatSenders } from './transport/heartbeat-senders.js';
import { HeartbeatsController } from './transport/http/heartbeats.controller.js';
import { KeysController } from './transport/http/keys.controller.js';
import { MetricsController } from './transport/http/metrics.controller.js';
import { NodesController } from './transport/http/nodes.controller.js';
import { OperatorKeysController } from './transport/http/operator-keys.controller.js';
import { OperatorNodesController } from './transport/http/operator-nodes.controller.js';
import { Operator } from './transport/http/operator.js';
import { RolloutsController } from './transport/http/rollouts.controller.js';
import { AttestationRpc } from './transport/nats/attestation.rpc.js';
import { NodeViews } from './transport/node-views.js';

/** Wires the attestation hub. */
export function appParts(config: Config, { logger }: ServiceContext<Config>): ServiceParts {
  return {
    controllers: [
      HeartbeatsController,
      NodesController,
      OperatorNodesController,
      DecisionsController,
      RolloutsController,
      KeysController,
      OperatorKeysController,
      AuditController,
      MetricsController,
      AttestationRpc,
      HubGrpc,
    ],
    providers: [
      ...stores(config),
      ...useCases(logger),
      Operator,
      NodeViews,
      provide(HeartbeatSenders, {}, () => new HeartbeatSenders(config.TOUCHSTONE_HEARTBEAT_TOKENS)),
      provide(
        HubMetrics,
        { registry: METRICS, clock: CLOCK, reader: NODE_READER },
        ({ registry, clock, reader }) =>
          new HubMetrics(registry, () => {
            const nowMs = clock.nowMs();
            return reader.count(nowMs - config.TOUCHSTONE_STALE_AFTER_MS, nowMs - RECENT_FINDINGS_MS);
          }),
      ),
    ],
  };
}

import { METRICS } from '@touchstone/platform/observability';
import { CLOCK, provide, type ServiceContext } from '@touchstone/platform/wiring';
import type { ServiceParts } from '@touchstone/service';
import { LoggedAudit } from './adapters/stdout/logged-audit.js';
import type { Config } from './config.js';
import { MakeDecisions } from './domain/make-decisions.js';
import { ReceiveHeartbeat } from './domain/receive-heartbeat.js';
import { WatchSilence } from './domain/watch-silence.js';
import { HubMetrics, RECENT_FINDINGS_MS } from './metrics.js';
import { stores } from './providers/stores.js';
import {
  DECISION_STORE,
  NODE_READER,
  NODE_STORE,
  POLICY_STORE,
  ROLLOUT_STORE,
  SILENT_NODE_STORE,
} from './tokens.js';
import { AuditController } from './transport/http/audit.controller.js';
import { DecisionsController } from './transport/http/decisions.controller.js';
import { HeartbeatSenders } from './transport/http/heartbeat-senders.js';
import { HeartbeatsController } from './transport/http/heartbeats.controller.js';
import { MetricsController } from './transport/http/metrics.controller.js';
import { NodesController } from './transport/http/nodes.controller.js';
import { OperatorNodesController } from './transport/http/operator-nodes.controller.js';
import { Operator } from './transport/http/operator.js';
import { RolloutsController } from './transport/http/rollouts.controller.js';
import { AttestationRpc } from './transport/nats/attestation.rpc.js';

/** Wires the attestation hub. */
export function appParts(config: Config, { logger }: ServiceContext<Config>): ServiceParts {
  const audit = new LoggedAudit(logger);
  return {
    controllers: [
      HeartbeatsController,
      NodesController,
      OperatorNodesController,
      DecisionsController,
      RolloutsController,
      AuditController,
      MetricsController,
      AttestationRpc,
    ],
    providers: [
      ...stores(config),
      Operator,
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
      provide(
        ReceiveHeartbeat,
        { store: NODE_STORE, metrics: HubMetrics, clock: CLOCK },
        ({ store, metrics, clock }) => new ReceiveHeartbeat(store, audit, metrics, clock),
      ),
      provide(
        WatchSilence,
        { store: SILENT_NODE_STORE, metrics: HubMetrics, clock: CLOCK },
        ({ store, metrics, clock }) => new WatchSilence(store, audit, metrics, clock),
      ),
      provide(
        MakeDecisions,
        {
          ...{ decisions: DECISION_STORE, rollouts: ROLLOUT_STORE, policy: POLICY_STORE },
          ...{ metrics: HubMetrics, clock: CLOCK },
        },
        ({ metrics, clock, ...parts }) => new MakeDecisions(parts, audit, metrics, clock),
      ),
    ],
  };
}

import type { Logger } from '@touchstone/platform/observability';
import { CLOCK, provide } from '@touchstone/platform/wiring';
import type { ServiceParts } from '@touchstone/service';
import { SystemRandomness } from '../adapters/node-crypto/system-randomness.js';
import { LoggedAudit } from '../adapters/stdout/logged-audit.js';
import { MakeDecisions } from '../domain/make-decisions.js';
import { ManageKeys } from '../domain/manage-keys.js';
import { ReceiveHeartbeat } from '../domain/receive-heartbeat.js';
import { VerifyHeartbeat } from '../domain/verify-heartbeat.js';
import { WatchSilence } from '../domain/watch-silence.js';
import { HubMetrics } from '../metrics.js';
import * as tokens from '../tokens.js';

const telling = { metrics: HubMetrics, clock: CLOCK };

/** What the hub does. */
export function useCases(logger: Logger): NonNullable<ServiceParts['providers']> {
  const audit = new LoggedAudit(logger);
  const random = new SystemRandomness();
  return [
    provide(
      ReceiveHeartbeat,
      { ...telling, store: tokens.NODE_STORE, keys: tokens.KEY_STORE },
      ({ store, keys, metrics, clock }) =>
        new ReceiveHeartbeat(store, audit, metrics, clock, new VerifyHeartbeat(keys), random),
    ),
    provide(
      WatchSilence,
      { ...telling, store: tokens.SILENT_NODE_STORE },
      ({ store, metrics, clock }) => new WatchSilence(store, audit, metrics, clock),
    ),
    provide(
      MakeDecisions,
      {
        ...telling,
        ...{ decisions: tokens.DECISION_STORE, rollouts: tokens.ROLLOUT_STORE, policy: tokens.POLICY_STORE },
      },
      ({ metrics, clock, ...parts }) => new MakeDecisions(parts, audit, metrics, clock),
    ),
    provide(
      ManageKeys,
      { ...telling, store: tokens.KEY_STORE },
      ({ store, metrics, clock }) => new ManageKeys(store, audit, metrics, clock, random),
    ),
  ];
}

import type { INestApplication } from '@nestjs/common';
import { AppError, reportedNodeId, type Attestation, type ServiceName } from '@touchstone/contracts';
import { RpcClient } from '@touchstone/nats';
import type { Logger } from '@touchstone/platform/observability';
import type { BuildInfo, ServiceContext } from '@touchstone/platform/wiring';
import { Heartbeat, type HubAnswer } from './heartbeat.js';

/** How a service reports itself to the attestation hub. */
export interface OwnHeartbeat<C> {
  /** Hash of what the service can do as it is configured, asked before every heartbeat (R-NODE-2). */
  readonly capabilityHash: (config: C, app: INestApplication) => string;
  /** Hears what the hub holds about this node, and what was said to it. */
  readonly onAnswer?: (app: INestApplication, answer: HubAnswer, attestation: Attestation) => void;
  /** Milliseconds between two heartbeats; `HEARTBEAT_INTERVAL_MS` when left out. */
  readonly intervalMs?: number;
}

/** The configuration of a service that reports itself: spread `nodeKeys`. */
export interface NodeConfig {
  readonly TOUCHSTONE_NODE_ID: string;
  readonly TOUCHSTONE_HEARTBEATS: 'on' | 'off';
}

/** The build as heartbeats and signed contexts name it: version and hash of the running code. */
export function buildId({ version, hash }: Pick<BuildInfo, 'version' | 'hash'>): string {
  return `${version}+${hash}`;
}

/**
 * Reports a service that listens until it shuts down. Nothing waits for it and nothing that happens to it reaches the service:
 * a hub that does not answer within the time of a call is asked again after the interval.
 */
export function reportService<C>(
  service: ServiceName,
  own: OwnHeartbeat<C>,
  app: INestApplication,
  context: ServiceContext<C & NodeConfig>,
): void {
  const { build, clock, config, health, logger, shutdown } = context;
  if (config.TOUCHSTONE_HEARTBEATS === 'off') return;
  const heartbeat = new Heartbeat({
    rpc: app.get(RpcClient),
    nodeId: reportedNodeId(service, config.TOUCHSTONE_NODE_ID),
    attestation: () => ({
      schema: 'attestation_v1',
      build_id: buildId(build),
      capability_hash: own.capabilityHash(config, app),
      runtime: { os: process.platform, node: process.version },
    }),
    health: async () => ((await health.readiness()).ready ? 'GREEN' : 'YELLOW'),
    nowMs: () => clock.nowMs(),
    onAnswer: (answer, attestation) => own.onAnswer?.(app, answer, attestation),
    onError: failureLog(logger),
    intervalMs: own.intervalMs,
  });
  shutdown.add('consumers', 'heartbeat', () => heartbeat.stop());
  void heartbeat.start();
}

/** A hub that is away is no news; one that refuses is a mistake of the configuration, told once until it changes. */
function failureLog(logger: Logger): (error: unknown) => void {
  let last: string | undefined;
  return (error) => {
    const code = error instanceof AppError ? error.code : 'internal';
    const isAway = code === 'dependency-unavailable' || code === 'timeout';
    if (isAway || code === last)
      logger.debug({ err: error }, 'the attestation hub did not take the heartbeat');
    else logger.warn({ err: error }, 'the attestation hub did not take the heartbeat');
    last = code;
  };
}

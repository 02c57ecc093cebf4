import { RpcClient } from '@touchstone/nats';
import { FollowedTraces, LOGGER, METRICS, type Logger } from '@touchstone/platform/observability';
import { CLOCK, provide } from '@touchstone/platform/wiring';
import { Outbox, uuidV7 } from '@touchstone/postgres';
import type { ServiceParts } from '@touchstone/service';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { RpcCheckpointSigner } from './adapters/signer/rpc-checkpoint-signer.js';
import { RpcSigningKeys } from './adapters/signer/rpc-signing-keys.js';
import type { Config } from './config.js';
import { createPipeline, type CreatedPipeline } from './domain/pipeline/create-pipeline.js';
import { SigningKeys } from './domain/leaf/signing-keys.js';
import { LeafProgress } from './leaf-progress.js';
import { AnchorMetrics } from './metrics.js';
import { PostgresExclusive } from './persistence/postgres-exclusive.js';
import { PostgresAnchorReader } from './persistence/postgres-anchor-reader.js';
import { PostgresCheckpointStore } from './persistence/postgres-checkpoint-store.js';
import { PostgresIntakeStore } from './persistence/postgres-intake-store.js';
import { PostgresLeafStageReader } from './persistence/postgres-leaf-stage-reader.js';
import { ANCHOR_SCHEMA } from './persistence/schema.js';
import { PostgresSealingStore } from './persistence/postgres-sealing-store.js';
import { observePipeline } from './pipeline-observer.js';
import { PipelineRunner } from './pipeline-runner.js';
import { createTarget } from './targets/index.js';
import type { TargetConnections } from './targets/target-kind.js';
import { LogController } from './transport/http/log.controller.js';
import { ModelAnchorsController } from './transport/http/model-anchors.controller.js';
import { ChainRpc } from './transport/nats/chain.rpc.js';
import { ANCHOR_READER, PIPELINE } from './tokens.js';

/** Wires the anchor-worker. */
export function appParts(config: Config): ServiceParts {
  return {
    controllers: [ModelAnchorsController, LogController, ChainRpc],
    providers: [
      provide(
        ANCHOR_READER,
        { dataSource: DataSource },
        (parts) => new PostgresAnchorReader(parts.dataSource),
      ),
      provide(
        AnchorMetrics,
        { registry: METRICS, reader: ANCHOR_READER },
        ({ registry, reader }) => new AnchorMetrics(registry, reader),
      ),
      provide(
        LeafProgress,
        { dataSource: DataSource, metrics: AnchorMetrics, logger: LOGGER, clock: CLOCK },
        ({ dataSource, metrics, logger, clock }) => {
          const nowMs = () => clock.nowMs();
          const stages = new PostgresLeafStageReader(dataSource);
          return new LeafProgress(stages, metrics, new FollowedTraces(nowMs), logger, nowMs);
        },
      ),
      provide(
        SigningKeys,
        { rpc: RpcClient, clock: CLOCK },
        ({ rpc, clock }) => new SigningKeys(new RpcSigningKeys(rpc), () => clock.nowMs()),
      ),
      provide(
        PIPELINE,
        {
          ...{ dataSource: DataSource, outbox: Outbox, rpc: RpcClient, clock: CLOCK },
          ...{ logger: LOGGER, metrics: AnchorMetrics, progress: LeafProgress },
        },
        (parts) => wirePipeline(config, parts),
      ),
      PipelineRunner,
    ],
  };
}

interface Observers {
  readonly logger: Logger;
  readonly metrics: AnchorMetrics;
  readonly progress: LeafProgress;
}

function wirePipeline(config: Config, parts: TargetConnections & Observers): CreatedPipeline {
  const { dataSource, outbox, rpc, clock } = parts;
  const observer = observePipeline(parts);
  const targets = config.ANCHOR_MODE === 'advanced' ? (config.TOUCHSTONE_ANCHOR_TARGETS ?? []) : [];
  const ports = {
    intake: new PostgresIntakeStore(dataSource, outbox),
    sealing: new PostgresSealingStore(dataSource, outbox),
    checkpoints: new PostgresCheckpointStore(dataSource, outbox),
    checkpointSigner: new RpcCheckpointSigner(rpc),
    exclusive: new PostgresExclusive(dataSource, ANCHOR_SCHEMA),
    targets: targets.map((target) => createTarget(target, parts, observer)),
    nowMs: () => clock.nowMs(),
    newId: uuidV7,
    sleep,
  };
  const settings = {
    intervalMs: config.ANCHOR_INTERVAL_SEC * 1_000,
    batchMax: config.ANCHOR_BATCH_MAX,
    origin: config.TOUCHSTONE_LOG_ORIGIN,
    nodeId: config.TOUCHSTONE_NODE_ID,
  };
  return createPipeline(ports, settings, observer);
}

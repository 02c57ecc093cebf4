import { RpcClient } from '@touchstone/nats';
import { FollowedTraces, LOGGER, METRICS, type Logger } from '@touchstone/platform/observability';
import { CLOCK, provide, type Clock } from '@touchstone/platform/wiring';
import { Outbox, uuidV7 } from '@touchstone/postgres';
import type { ServiceParts } from '@touchstone/service';
import { DataSource } from 'typeorm';
import { EvmLaneChain, EvmNode, PostgresLaneStore, RpcLaneSigner } from '@touchstone/evm';
import { EvmChain } from './adapters/evm/evm-chain.js';
import { RpcCheckpointSigner } from './adapters/signer/rpc-checkpoint-signer.js';
import { RpcOutputKeys } from './adapters/signer/rpc-output-keys.js';
import type { Config } from './config.js';
import {
  ANCHOR_DRAIN_MS,
  createPipeline,
  type AnchoringPorts,
  type CreatedPipeline,
} from './domain/pipeline/create-pipeline.js';
import { OutputKeys } from './domain/leaf/output-keys.js';
import { LeafProgress } from './leaf-progress.js';
import { AnchorMetrics } from './metrics.js';
import { PostgresExclusive } from './persistence/postgres-exclusive.js';
import { PostgresAnchorReader } from './persistence/postgres-anchor-reader.js';
import { PostgresAnchorStore } from './persistence/postgres-anchor-store.js';
import { PostgresCheckpointStore } from './persistence/postgres-checkpoint-store.js';
import { PostgresIntakeStore } from './persistence/postgres-intake-store.js';
import { PostgresLeafStageReader } from './persistence/postgres-leaf-stage-reader.js';
import { PostgresKeptProofStore } from './persistence/postgres-kept-proof-store.js';
import { ANCHOR_SCHEMA } from './persistence/schema.js';
import { PostgresSealingStore } from './persistence/postgres-sealing-store.js';
import { observePipeline } from './pipeline-observer.js';
import { PipelineRunner } from './pipeline-runner.js';
import { LogController } from './transport/http/log.controller.js';
import { ModelAnchorsController } from './transport/http/model-anchors.controller.js';
import { ANCHOR_READER, PIPELINE } from './tokens.js';

/** Milliseconds that the chain node may take for one answer. */
export const EVM_RPC_TIMEOUT_MS = 10_000;

/** Wires the anchor-worker. */
export function appParts(config: Config): ServiceParts {
  return {
    controllers: [ModelAnchorsController, LogController],
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
        OutputKeys,
        { rpc: RpcClient, clock: CLOCK },
        ({ rpc, clock }) => new OutputKeys(new RpcOutputKeys(rpc), () => clock.nowMs()),
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

interface Connections {
  readonly dataSource: DataSource;
  readonly outbox: Outbox;
  readonly rpc: RpcClient;
  readonly clock: Clock;
}

interface Observers {
  readonly logger: Logger;
  readonly metrics: AnchorMetrics;
  readonly progress: LeafProgress;
}

function wirePipeline(config: Config, parts: Connections & Observers): CreatedPipeline {
  const { dataSource, outbox, rpc, clock } = parts;
  const ports = {
    intake: new PostgresIntakeStore(dataSource, outbox),
    sealing: new PostgresSealingStore(dataSource, outbox),
    checkpoints: new PostgresCheckpointStore(dataSource, outbox),
    checkpointSigner: new RpcCheckpointSigner(rpc),
    exclusive: new PostgresExclusive(dataSource, ANCHOR_SCHEMA),
    anchoring: anchoringPorts(config, parts),
    nowMs: () => clock.nowMs(),
    newId: uuidV7,
  };
  const settings = {
    intervalMs: config.ANCHOR_INTERVAL_SEC * 1_000,
    batchMax: config.ANCHOR_BATCH_MAX,
    origin: config.TOUCHSTONE_LOG_ORIGIN,
    nodeId: config.TOUCHSTONE_NODE_ID,
    gasMax: BigInt(config.TOUCHSTONE_EVM_GAS_MAX),
    feePerGasMax: BigInt(config.TOUCHSTONE_EVM_FEE_PER_GAS_MAX_WEI),
    stuckBlocks: BigInt(config.TOUCHSTONE_EVM_STUCK_BLOCKS),
    spacingMs: config.TOUCHSTONE_ANCHOR_SPACING_MS,
    pollMs: config.TOUCHSTONE_EVM_POLL_MS,
  };
  return createPipeline(ports, settings, observePipeline(parts));
}

function anchoringPorts(
  config: Config,
  { dataSource, outbox, rpc, clock }: Connections,
): AnchoringPorts | undefined {
  const { TOUCHSTONE_EVM_RPC_URL: url, TOUCHSTONE_ANCHOR_CONTRACT: contract } = config;
  if (config.ANCHOR_MODE !== 'advanced' || url === undefined || contract === undefined) return undefined;
  const node = EvmNode.overHttp(url, config.TOUCHSTONE_EVM_NETWORK, EVM_RPC_TIMEOUT_MS);
  const chain = new EvmLaneChain(node, 'anchor');
  const owner = new PostgresAnchorStore(dataSource, outbox, node.network);
  return {
    chain: new EvmChain(node, chain, contract),
    store: owner,
    keptProofs: new PostgresKeptProofStore(dataSource),
    lane: {
      chain,
      store: new PostgresLaneStore(dataSource, {
        schema: ANCHOR_SCHEMA,
        network: node.network,
        owner,
        drainMs: ANCHOR_DRAIN_MS,
        nowMs: () => clock.nowMs(),
      }),
      signer: new RpcLaneSigner(rpc, 'anchor'),
    },
  };
}

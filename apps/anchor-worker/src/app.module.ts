import { Module, type DynamicModule } from '@nestjs/common';
import { MeshModule, RpcClient } from '@touchstone/nats';
import {
  CLOCK,
  FollowedTraces,
  LOGGER,
  METRICS,
  type Clock,
  type Logger,
  type Registry,
} from '@touchstone/platform';
import {
  dropInbox,
  Outbox,
  OutboxModule,
  PostgresModule,
  RememberSequences1785710000000,
  uuidV7,
  type PostgresOptions,
} from '@touchstone/postgres';
import { DataSource } from 'typeorm';
import { EvmLaneChain, EvmNode, PostgresLaneStore, RpcLaneSigner } from '@touchstone/evm';
import { EvmChain } from './adapters/evm/evm-chain.js';
import { RpcCheckpointSigner } from './adapters/signer/rpc-checkpoint-signer.js';
import { RpcOutputKeys } from './adapters/signer/rpc-output-keys.js';
import type { Config } from './config.js';
import { ANCHOR_READER, type AnchorReader } from './domain/anchor/anchor-reader.js';
import {
  ANCHOR_DRAIN_MS,
  createPipeline,
  type AnchoringPorts,
  type CreatedPipeline,
} from './domain/pipeline/create-pipeline.js';
import { OutputKeys } from './domain/leaf/output-keys.js';
import { LeafProgress } from './leaf-progress.js';
import { ANCHOR_METRICS, AnchorMetrics } from './metrics.js';
import { AdvisoryExclusive } from './persistence/advisory-exclusive.js';
import { AnchorReaderRepository } from './persistence/anchor-reader-repository.js';
import { AnchorRepository } from './persistence/anchor-repository.js';
import { CheckpointRepository } from './persistence/checkpoint-repository.js';
import { IntakeRepository } from './persistence/intake-repository.js';
import { LeafStagesRepository } from './persistence/leaf-stages-repository.js';
import { KeptProofRepository } from './persistence/kept-proof-repository.js';
import { CreateAnchors1763700000000 } from './persistence/migrations/1763700000000-create-anchors.js';
import { Lanes1764300000000 } from './persistence/migrations/1764300000000-lanes.js';
import { KeepProofs1785500000000 } from './persistence/migrations/1785500000000-keep-proofs.js';
import { ANCHOR_SCHEMA } from './persistence/schema.js';
import { SealingRepository } from './persistence/sealing-repository.js';
import { observePipeline } from './pipeline-observer.js';
import { PIPELINE, PipelineRunner } from './pipeline-runner.js';
import { LogController } from './transport/http/log.controller.js';
import { ModelAnchorsController } from './transport/http/model-anchors.controller.js';

/** Milliseconds that the chain node may take for one answer. */
export const EVM_RPC_TIMEOUT_MS = 10_000;

/** How the anchor-worker reaches its schema; also used by the command `migrate`. */
export function postgresOptions(config: Config): PostgresOptions {
  return {
    url: config.DATABASE_URL,
    schema: ANCHOR_SCHEMA,
    migrations: [
      CreateAnchors1763700000000,
      Lanes1764300000000,
      KeepProofs1785500000000,
      dropInbox(ANCHOR_SCHEMA),
      RememberSequences1785710000000,
    ],
    poolMax: config.TOUCHSTONE_DATABASE_POOL_MAX,
    applicationName: 'anchor-worker',
    statementTimeoutMs: config.TOUCHSTONE_DATABASE_STATEMENT_TIMEOUT_MS,
  };
}

/** Wires the anchor-worker. */
@Module({})
export class AppModule {
  static forConfig(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PostgresModule.forRoot(postgresOptions(config)),
        MeshModule.forRoot({
          service: 'anchor-worker',
          url: config.NATS_URL,
          user: config.TOUCHSTONE_NATS_USER,
          password: config.TOUCHSTONE_NATS_PASSWORD ?? '',
          provisioned: {
            streams: ['ANCHOR', 'DLQ'],
            durables: ['anchor-worker-inference', 'anchor-worker-key-set'],
          },
        }),
        OutboxModule,
      ],
      controllers: [ModelAnchorsController, LogController],
      providers: [
        {
          provide: ANCHOR_READER,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => new AnchorReaderRepository(dataSource),
        },
        {
          provide: ANCHOR_METRICS,
          inject: [METRICS, ANCHOR_READER],
          useFactory: (registry: Registry, reader: AnchorReader) => new AnchorMetrics(registry, reader),
        },
        {
          provide: LeafProgress,
          inject: [DataSource, ANCHOR_METRICS, LOGGER, CLOCK],
          useFactory: makeLeafProgress,
        },
        {
          provide: OutputKeys,
          inject: [RpcClient, CLOCK],
          useFactory: (rpc: RpcClient, clock: Clock) =>
            new OutputKeys(new RpcOutputKeys(rpc), () => clock.nowMs()),
        },
        {
          provide: PIPELINE,
          inject: [DataSource, Outbox, RpcClient, CLOCK, LOGGER, ANCHOR_METRICS, LeafProgress],
          useFactory: (
            dataSource: DataSource,
            outbox: Outbox,
            rpc: RpcClient,
            clock: Clock,
            logger: Logger,
            metrics: AnchorMetrics,
            progress: LeafProgress,
          ) => wirePipeline(config, { dataSource, outbox, rpc, clock }, { logger, metrics, progress }),
        },
        PipelineRunner,
      ],
    };
  }
}

function makeLeafProgress(
  dataSource: DataSource,
  metrics: AnchorMetrics,
  logger: Logger,
  clock: Clock,
): LeafProgress {
  const nowMs = (): number => clock.nowMs();
  return new LeafProgress(
    new LeafStagesRepository(dataSource),
    metrics,
    new FollowedTraces(nowMs),
    logger,
    nowMs,
  );
}

interface Connections {
  readonly dataSource: DataSource;
  readonly outbox: Outbox;
  readonly rpc: RpcClient;
  readonly clock: Clock;
}

function wirePipeline(
  config: Config,
  { dataSource, outbox, rpc, clock }: Connections,
  observers: {
    readonly logger: Logger;
    readonly metrics: AnchorMetrics;
    readonly progress: LeafProgress;
  },
): CreatedPipeline {
  const ports = {
    intake: new IntakeRepository(dataSource, outbox),
    sealing: new SealingRepository(dataSource, outbox),
    checkpoints: new CheckpointRepository(dataSource, outbox),
    checkpointSigner: new RpcCheckpointSigner(rpc),
    exclusive: new AdvisoryExclusive(dataSource, ANCHOR_SCHEMA),
    anchoring: anchoringPorts(config, { dataSource, outbox, rpc, clock }),
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
  return createPipeline(ports, settings, observePipeline(observers));
}

function anchoringPorts(
  config: Config,
  { dataSource, outbox, rpc, clock }: Connections,
): AnchoringPorts | undefined {
  const { TOUCHSTONE_EVM_RPC_URL: url, TOUCHSTONE_ANCHOR_CONTRACT: contract } = config;
  if (config.ANCHOR_MODE !== 'advanced' || url === undefined || contract === undefined) return undefined;
  const node = EvmNode.overHttp(url, config.TOUCHSTONE_EVM_NETWORK, EVM_RPC_TIMEOUT_MS);
  const chain = new EvmLaneChain(node, 'anchor');
  const owner = new AnchorRepository(dataSource, outbox, node.network);
  return {
    chain: new EvmChain(node, chain, contract),
    store: owner,
    keptProofs: new KeptProofRepository(dataSource),
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

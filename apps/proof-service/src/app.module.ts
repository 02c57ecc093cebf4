import { Consumers, RpcClient } from '@touchstone/nats';
import {
  CLOCK,
  FollowedTraces,
  LOGGER,
  METRICS,
  SERVICE_CONTEXT,
  type Clock,
  type Logger,
  type Registry,
  type ServiceContext,
} from '@touchstone/platform';
import type { ServiceParts } from '@touchstone/service';
import { DataSource } from 'typeorm';
import { RpcSignerKeys } from './adapters/signer/rpc-signer-keys.js';
import type { Config } from './config.js';
import { EvidenceReader } from './domain/evidence/evidence-reader.js';
import { EVIDENCE_STORE, type EvidenceStore } from './domain/evidence/evidence-store.js';
import { RecentBundles } from './domain/evidence/recent-bundles.js';
import { Ingestion } from './domain/ingest/ingestion.js';
import { KnownKeys } from './domain/keys/signer-keys.js';
import { LogCopy } from './domain/log/log-copy.js';
import { BatchProofs } from './domain/proof/batch-proofs.js';
import { LogReader } from './domain/proof/log-reader.js';
import { PROOF_STORE, type ProofStore } from './domain/proof/proof-store.js';
import { IngestRunner, type ConsumerDelays } from './ingest-runner.js';
import { PROOF_METRICS, ProofMetrics } from './metrics.js';
import { Observers } from './observers.js';
import { EvidenceRepository } from './persistence/evidence-repository.js';
import { IntakeRepository } from './persistence/intake-repository.js';
import { LogRepository } from './persistence/log-repository.js';
import { ProofRepository } from './persistence/proof-repository.js';
import { storedFigures } from './persistence/stored-figures.js';
import { EvidenceController } from './transport/http/evidence.controller.js';
import { LogController } from './transport/http/log.controller.js';
import { ProofsController } from './transport/http/proofs.controller.js';

/** Wires the proof-service. */
export function appParts(config: Config, delays: ConsumerDelays): ServiceParts {
  return {
    controllers: [EvidenceController, ProofsController, LogController],
    providers: [...foundations(config), ...readers(config), ingest(config, delays)],
  };
}

function foundations(config: Config) {
  return [
    {
      provide: PROOF_METRICS,
      inject: [METRICS, DataSource],
      useFactory: (registry: Registry, dataSource: DataSource) =>
        new ProofMetrics(registry, () => storedFigures(dataSource)),
    },
    {
      provide: FollowedTraces,
      inject: [CLOCK],
      useFactory: (clock: Clock) => new FollowedTraces(() => clock.nowMs()),
    },
    {
      provide: Observers,
      inject: [PROOF_METRICS, LOGGER, FollowedTraces],
      useFactory: (metrics: ProofMetrics, logger: Logger, traces: FollowedTraces) =>
        new Observers(metrics, logger, traces),
    },
    {
      provide: KnownKeys,
      inject: [RpcClient, CLOCK],
      useFactory: (rpc: RpcClient, clock: Clock) =>
        new KnownKeys(new RpcSignerKeys(rpc, config.TOUCHSTONE_LOG_ORIGIN), () => clock.nowMs()),
    },
    {
      provide: EVIDENCE_STORE,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => new EvidenceRepository(dataSource),
    },
    {
      provide: PROOF_STORE,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => new ProofRepository(dataSource),
    },
  ];
}

function readers(config: Config) {
  const { TOUCHSTONE_EVM_NETWORK: network, TOUCHSTONE_ANCHOR_CONTRACT: contract } = config;
  return [
    {
      provide: EvidenceReader,
      inject: [EVIDENCE_STORE, KnownKeys, Observers],
      useFactory: (store: EvidenceStore, keys: KnownKeys, observer: Observers) =>
        new EvidenceReader({
          store,
          keys,
          observer,
          recent: new RecentBundles(config.TOUCHSTONE_EVIDENCE_CACHE_BYTES),
          origin: config.TOUCHSTONE_LOG_ORIGIN,
          chain:
            network === undefined || contract === undefined
              ? undefined
              : { network, contract, earlierSubmitters: config.TOUCHSTONE_ANCHOR_SUBMITTERS },
        }),
    },
    {
      provide: BatchProofs,
      inject: [PROOF_STORE, KnownKeys, Observers],
      useFactory: (store: ProofStore, keys: KnownKeys, observer: Observers) =>
        new BatchProofs(store, keys, observer),
    },
    {
      provide: LogReader,
      inject: [PROOF_STORE, KnownKeys, Observers],
      useFactory: (store: ProofStore, keys: KnownKeys, observer: Observers) =>
        new LogReader(store, keys, observer),
    },
  ];
}

function ingest(config: Config, delays: ConsumerDelays) {
  return {
    provide: IngestRunner,
    inject: [DataSource, KnownKeys, Observers, PROOF_METRICS, FollowedTraces, Consumers, SERVICE_CONTEXT],
    useFactory: (
      dataSource: DataSource,
      keys: KnownKeys,
      observers: Observers,
      metrics: ProofMetrics,
      traces: FollowedTraces,
      consumers: Consumers,
      { shutdown, logger, clock }: ServiceContext,
    ) =>
      new IngestRunner({
        ingestion: new Ingestion(new IntakeRepository(dataSource), config.TOUCHSTONE_LOG_ORIGIN, (alarm) =>
          observers.alarmed(alarm),
        ),
        log: new LogCopy(new LogRepository(dataSource), keys, observers),
        ...{ metrics, traces, consumers, shutdown, logger, clock, delays },
      }),
  };
}

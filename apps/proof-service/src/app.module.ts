import { Consumers, RpcClient } from '@touchstone/nats';
import { FollowedTraces, LOGGER, METRICS } from '@touchstone/platform/observability';
import { SHUTDOWN } from '@touchstone/platform/runtime';
import { CLOCK, provide } from '@touchstone/platform/wiring';
import type { ServiceParts } from '@touchstone/service';
import { DataSource } from 'typeorm';
import { ObjectFolder } from './adapters/folder/object-folder.js';
import { KuboNode } from './adapters/ipfs/kubo-node.js';
import { RpcSignerKeys } from './adapters/signer/rpc-signer-keys.js';
import type { Config } from './config.js';
import { EventEvidence } from './domain/evidence/event-evidence.js';
import { EvidenceReader } from './domain/evidence/evidence-reader.js';
import { KnownArrivals } from './domain/evidence/known-arrivals.js';
import { OutputEvidence } from './domain/evidence/output-evidence.js';
import { RecentBundles } from './domain/evidence/recent-bundles.js';
import { BundleVerifier } from './domain/evidence/verify-bundle.js';
import { Ingestion } from './domain/ingest/ingestion.js';
import { KnownKeys } from './domain/keys/signer-keys.js';
import { LogCopy } from './domain/log/log-copy.js';
import type { ObjectPlaceName, RetryPauses } from './domain/object/ports.js';
import { BatchProofs } from './domain/proof/batch-proofs.js';
import { EntryProofs } from './domain/proof/entry-proofs.js';
import { LogReader } from './domain/proof/log-reader.js';
import { IngestRunner, type ConsumerDelays } from './ingest-runner.js';
import { ProofMetrics } from './metrics.js';
import { ObjectMetrics } from './object-metrics.js';
import { ObjectRunner } from './object-runner.js';
import { Observers } from './observers.js';
import { PostgresEvidenceStore } from './persistence/postgres-evidence-store.js';
import { PostgresIntakeStore } from './persistence/postgres-intake-store.js';
import { PostgresLogStore } from './persistence/postgres-log-store.js';
import { PostgresObjectStore } from './persistence/postgres-object-store.js';
import { PostgresProofStore } from './persistence/postgres-proof-store.js';
import { storedFigures, waitingObjects } from './persistence/stored-figures.js';
import { ProofGrpc } from './transport/grpc/proof.grpc.js';
import { EvidenceController } from './transport/http/evidence.controller.js';
import { LogController } from './transport/http/log.controller.js';
import { ObjectsController } from './transport/http/objects.controller.js';
import { ProofsController } from './transport/http/proofs.controller.js';
import {
  EVENT_EVIDENCE,
  EVIDENCE_SHARED,
  EVIDENCE_STORE,
  OBJECT_STORE,
  OUTPUT_EVIDENCE,
  PROOF_STORE,
} from './tokens.js';

/** Wires the proof-service. */
export function appParts(config: Config, delays: ConsumerDelays, pauses?: RetryPauses): ServiceParts {
  return {
    controllers: [EvidenceController, ProofsController, LogController, ObjectsController, ProofGrpc],
    providers: [
      ...foundations(config),
      ...readers(config),
      ingest(config, delays),
      ...objects(config, pauses),
    ],
  };
}

function foundations(config: Config) {
  return [
    provide(
      ProofMetrics,
      { registry: METRICS, dataSource: DataSource },
      ({ registry, dataSource }) => new ProofMetrics(registry, () => storedFigures(dataSource)),
    ),
    provide(FollowedTraces, { clock: CLOCK }, ({ clock }) => new FollowedTraces(() => clock.nowMs())),
    provide(
      Observers,
      { metrics: ProofMetrics, logger: LOGGER, traces: FollowedTraces },
      ({ metrics, logger, traces }) => new Observers(metrics, logger, traces),
    ),
    provide(
      KnownKeys,
      { rpc: RpcClient, clock: CLOCK },
      ({ rpc, clock }) =>
        new KnownKeys(new RpcSignerKeys(rpc, config.TOUCHSTONE_LOG_ORIGIN), () => clock.nowMs()),
    ),
    provide(
      EVIDENCE_STORE,
      { dataSource: DataSource },
      (parts) => new PostgresEvidenceStore(parts.dataSource),
    ),
    provide(PROOF_STORE, { dataSource: DataSource }, (parts) => new PostgresProofStore(parts.dataSource)),
  ];
}

function readers(config: Config) {
  const { TOUCHSTONE_ANCHOR_CONTRACTS: contracts = {}, TOUCHSTONE_ANCHOR_SUBMITTERS: earlierSubmitters } =
    config;
  const trust = {
    origin: config.TOUCHSTONE_LOG_ORIGIN,
    chains: Object.entries(contracts).map(([network, contract]) => ({
      network,
      contract,
      earlierSubmitters,
    })),
  };
  const needs = { keys: KnownKeys, observer: Observers };
  return [
    provide(
      EVIDENCE_SHARED,
      { store: EVIDENCE_STORE, observer: Observers, clock: CLOCK },
      ({ store, observer, clock }) => ({
        recent: new RecentBundles(config.TOUCHSTONE_EVIDENCE_CACHE_BYTES),
        arrivals: new KnownArrivals(store, () => clock.nowMs()),
        observer,
      }),
    ),
    provide(
      OUTPUT_EVIDENCE,
      { keys: KnownKeys, store: EVIDENCE_STORE, shared: EVIDENCE_SHARED },
      ({ keys, store, shared }) => new EvidenceReader(new OutputEvidence(store, keys, trust), shared),
    ),
    provide(
      EVENT_EVIDENCE,
      { keys: KnownKeys, store: EVIDENCE_STORE, shared: EVIDENCE_SHARED },
      ({ keys, store, shared }) => new EvidenceReader(new EventEvidence(store, keys, trust), shared),
    ),
    provide(
      BundleVerifier,
      { keys: KnownKeys, clock: CLOCK },
      ({ keys, clock }) => new BundleVerifier(keys, trust, () => clock.nowMs()),
    ),
    provide(
      BatchProofs,
      { ...needs, store: PROOF_STORE },
      ({ store, keys, observer }) => new BatchProofs(store, keys, observer),
    ),
    provide(
      EntryProofs,
      { ...needs, store: PROOF_STORE },
      ({ store, keys, observer }) => new EntryProofs(store, keys, observer),
    ),
    provide(
      LogReader,
      { ...needs, store: PROOF_STORE },
      ({ store, keys, observer }) => new LogReader(store, keys, observer),
    ),
  ];
}

function ingest(config: Config, delays: ConsumerDelays) {
  return provide(
    IngestRunner,
    {
      ...{ dataSource: DataSource, keys: KnownKeys, observers: Observers, metrics: ProofMetrics },
      ...{ traces: FollowedTraces, consumers: Consumers, shutdown: SHUTDOWN, logger: LOGGER, clock: CLOCK },
    },
    ({ dataSource, keys, observers, ...runner }) =>
      new IngestRunner({
        ...runner,
        delays,
        ingestion: new Ingestion(new PostgresIntakeStore(dataSource), config.TOUCHSTONE_LOG_ORIGIN, (alarm) =>
          observers.alarmed(alarm),
        ),
        log: new LogCopy(new PostgresLogStore(dataSource), keys, observers),
      }),
  );
}

function objects(config: Config, pauses: RetryPauses | undefined) {
  const { TOUCHSTONE_OBJECT_FOLDER: folder, TOUCHSTONE_IPFS_API_URL: url } = config;
  const places: ObjectPlaceName[] = [
    ...(folder === undefined ? [] : (['folder'] as const)),
    ...(url === undefined ? [] : (['ipfs'] as const)),
  ];
  const authorization = config.TOUCHSTONE_IPFS_API_AUTHORIZATION;
  return [
    provide(OBJECT_STORE, { dataSource: DataSource }, (parts) => new PostgresObjectStore(parts.dataSource)),
    provide(
      ObjectMetrics,
      { registry: METRICS, dataSource: DataSource },
      ({ registry, dataSource }) =>
        new ObjectMetrics(registry, places, (asked) => waitingObjects(dataSource, asked)),
    ),
    provide(
      ObjectRunner,
      { store: OBJECT_STORE, metrics: ObjectMetrics, shutdown: SHUTDOWN, logger: LOGGER },
      async (parts) =>
        new ObjectRunner({
          ...parts,
          pauses,
          places: [
            ...(folder === undefined ? [] : [await ObjectFolder.open(folder)]),
            ...(url === undefined ? [] : [new KuboNode({ url, authorization })]),
          ],
        }),
    ),
  ];
}

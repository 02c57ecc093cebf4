import { Outbox, uuidV7 } from '@touchstone/postgres';
import { SIGNER_DOUBLE_ORIGIN, SignerDouble } from '@touchstone/testing';
import { DatabaseFixture, migratedDatabase } from '@touchstone/testing/service';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { RpcCheckpointSigner } from '../../src/adapters/signer/rpc-checkpoint-signer.js';
import {
  createPipeline,
  type CreatedPipeline,
  type PipelinePorts,
  type PipelineSettings,
} from '../../src/domain/pipeline/create-pipeline.js';
import type { AnchorTarget } from '../../src/domain/anchor/anchor-target.js';
import {
  createEvmTarget,
  type EvmTargetPorts,
  type EvmTargetSettings,
} from '../../src/domain/anchor/evm/create-evm-target.js';
import type { AnchorEvent } from '../../src/domain/anchor/anchor-event.js';
import type { ProofSource } from '../../src/domain/anchor/evm/proving.js';
import { PostgresExclusive } from '../../src/persistence/postgres-exclusive.js';
import { PostgresCheckpointStore } from '../../src/persistence/postgres-checkpoint-store.js';
import { PostgresIntakeStore } from '../../src/persistence/postgres-intake-store.js';
import { ANCHOR_SCHEMA } from '../../src/persistence/schema.js';
import { PostgresSealingStore } from '../../src/persistence/postgres-sealing-store.js';
import { service } from '../../src/service.js';

/** One process of the service, without mesh and HTTP. */
export interface Replica extends CreatedPipeline {
  /** The first target. */
  readonly anchoring: AnchorTarget | undefined;
  readonly dataSource: DataSource;
  readonly outbox: Outbox;
  readonly ports: PipelinePorts;
  readonly closed: (string | undefined)[];
  readonly failures: unknown[];
  readonly events: AnchorEvent[];
  /** Where proofs were had. */
  readonly sources: ProofSource[];
  /** The reasons for which the node gave none, `undefined` each time it did again. */
  readonly refusals: (string | undefined)[];
}

/** How a replica differs from the usual. */
export interface ReplicaOptions {
  readonly settings?: Partial<PipelineSettings & EvmTargetSettings>;
  /** Another one than that of the fixture. */
  readonly signer?: SignerDouble;
  readonly ports?: (ports: PipelinePorts) => PipelinePorts;
  /** The outside of each target. */
  readonly targets?: (dataSource: DataSource, outbox: Outbox) => readonly EvmTargetPorts[];
}

const settings: PipelineSettings & EvmTargetSettings = {
  intervalMs: 60_000,
  batchMax: 10,
  origin: SIGNER_DOUBLE_ORIGIN,
  nodeId: 'node-test',
  gasMax: 200_000n,
  feePerGasMax: 100_000_000_000n,
  stuckBlocks: 20n,
  spacingMs: 0,
  pollMs: 50,
};

const checkpointSignerOf = (signer: SignerDouble) => new RpcCheckpointSigner(signer.client('anchor-worker'));

/** Any number of replicas on one database. */
export class LogFixture extends DatabaseFixture {
  readonly signer = new SignerDouble();

  static async create(): Promise<LogFixture> {
    return new LogFixture(service, await migratedDatabase(service));
  }

  async replica(options: ReplicaOptions = {}): Promise<Replica> {
    const dataSource = await this.dataSource();
    const outbox = new Outbox(dataSource);
    const closed: (string | undefined)[] = [];
    const failures: unknown[] = [];
    const events: AnchorEvent[] = [];
    const sources: ProofSource[] = [];
    const refusals: (string | undefined)[] = [];
    const observer = {
      around: <T>(_name: string, work: () => T) => work(),
      sealed: () => undefined,
      checkpointPublished: () => undefined,
      logClosed: (reason?: string) => void closed.push(reason),
      anchorChanged: (event: AnchorEvent) => void events.push(event),
      proofHad: (source: ProofSource) => void sources.push(source),
      proofsRefused: (reason?: string) => void refusals.push(reason),
      stageFailed: (_stage: string, error: unknown) => void failures.push(error),
    };
    const usual: PipelinePorts = {
      intake: new PostgresIntakeStore(dataSource, outbox),
      sealing: new PostgresSealingStore(dataSource, outbox),
      checkpoints: new PostgresCheckpointStore(dataSource, outbox),
      checkpointSigner: checkpointSignerOf(options.signer ?? this.signer),
      exclusive: new PostgresExclusive(dataSource, ANCHOR_SCHEMA),
      targets: [],
      nowMs: () => Date.now(),
      newId: uuidV7,
      sleep,
    };
    const changed = options.ports?.(usual) ?? usual;
    const all = { ...settings, ...options.settings };
    const outside = options.targets?.(dataSource, outbox) ?? [];
    const ports = {
      ...changed,
      targets: outside.map((target) =>
        createEvmTarget(target, all, observer, { ...changed, random: () => 1 }),
      ),
    };
    const created = createPipeline(ports, all, observer);
    const [anchoring] = created.targets;
    return { ...created, anchoring, dataSource, outbox, ports, closed, failures, events, sources, refusals };
  }
}

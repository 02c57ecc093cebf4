import { Outbox, uuidV7 } from '@touchstone/postgres';
import { SIGNER_DOUBLE_ORIGIN, SignerDouble } from '@touchstone/testing';
import { DatabaseFixture, migratedDatabase } from '@touchstone/testing/service';
import type { DataSource } from 'typeorm';
import { RpcCheckpointSigner } from '../../src/adapters/signer/rpc-checkpoint-signer.js';
import {
  createPipeline,
  type AnchoringPorts,
  type CreatedPipeline,
  type PipelinePorts,
  type PipelineSettings,
} from '../../src/domain/pipeline/create-pipeline.js';
import type { AnchorEvent } from '../../src/domain/anchor/progress.js';
import type { ProofSource } from '../../src/domain/anchor/proving.js';
import { PostgresExclusive } from '../../src/persistence/postgres-exclusive.js';
import { PostgresCheckpointStore } from '../../src/persistence/postgres-checkpoint-store.js';
import { PostgresIntakeStore } from '../../src/persistence/postgres-intake-store.js';
import { ANCHOR_SCHEMA } from '../../src/persistence/schema.js';
import { PostgresSealingStore } from '../../src/persistence/postgres-sealing-store.js';
import { service } from '../../src/service.js';

/** One process of the service, without mesh and HTTP. */
export interface Replica extends CreatedPipeline {
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
  readonly settings?: Partial<PipelineSettings>;
  /** Another one than that of the fixture. */
  readonly signer?: SignerDouble;
  readonly ports?: (ports: PipelinePorts) => PipelinePorts;
  readonly anchoring?: (dataSource: DataSource, outbox: Outbox) => AnchoringPorts;
}

const settings: PipelineSettings = {
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
    const usual: PipelinePorts = {
      intake: new PostgresIntakeStore(dataSource, outbox),
      sealing: new PostgresSealingStore(dataSource, outbox),
      checkpoints: new PostgresCheckpointStore(dataSource, outbox),
      checkpointSigner: checkpointSignerOf(options.signer ?? this.signer),
      exclusive: new PostgresExclusive(dataSource, ANCHOR_SCHEMA),
      anchoring: options.anchoring?.(dataSource, outbox),
      nowMs: () => Date.now(),
      newId: uuidV7,
    };
    const ports = options.ports?.(usual) ?? usual;
    const created = createPipeline(
      ports,
      { ...settings, ...options.settings },
      {
        around: (_name, work) => work(),
        sealed: () => undefined,
        checkpointPublished: () => undefined,
        logClosed: (reason) => void closed.push(reason),
        anchorChanged: (event) => void events.push(event),
        proofHad: (source) => void sources.push(source),
        proofsRefused: (reason) => void refusals.push(reason),
        stageFailed: (_stage, error) => void failures.push(error),
      },
    );
    return { ...created, dataSource, outbox, ports, closed, failures, events, sources, refusals };
  }
}

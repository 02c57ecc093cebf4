import {
  createDataSource,
  Outbox,
  RememberSequences1785710000000,
  runMigrations,
  uuidV7,
} from '@touchstone/postgres';
import {
  createTestDatabase,
  SIGNER_DOUBLE_ORIGIN,
  SignerDouble,
  type TestDatabase,
} from '@touchstone/testing';
import pg from 'pg';
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
import { PostgresAnchorReader } from '../../src/persistence/postgres-anchor-reader.js';
import { PostgresCheckpointStore } from '../../src/persistence/postgres-checkpoint-store.js';
import { PostgresIntakeStore } from '../../src/persistence/postgres-intake-store.js';
import { CreateAnchors1763700000000 } from '../../src/persistence/migrations/1763700000000-create-anchors.js';
import { Lanes1764300000000 } from '../../src/persistence/migrations/1764300000000-lanes.js';
import { KeepProofs1785500000000 } from '../../src/persistence/migrations/1785500000000-keep-proofs.js';
import { ANCHOR_SCHEMA } from '../../src/persistence/schema.js';
import { PostgresSealingStore } from '../../src/persistence/postgres-sealing-store.js';

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

const postgres = (url: string) => ({
  url,
  schema: ANCHOR_SCHEMA,
  migrations: [
    CreateAnchors1763700000000,
    Lanes1764300000000,
    KeepProofs1785500000000,
    RememberSequences1785710000000,
  ],
  applicationName: 'anchor-worker',
});

/** A database of its own with any number of replicas on it. */
export class LogFixture {
  private readonly sources: DataSource[] = [];
  readonly signer = new SignerDouble();

  private constructor(
    readonly database: TestDatabase,
    readonly client: pg.Client,
  ) {}

  static async create(): Promise<LogFixture> {
    const database = await createTestDatabase('anchors', {
      name: 'anchors',
      prepare: async (template) => void (await runMigrations(postgres(template.urlFor('anchor-worker')))),
    });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    return new LogFixture(database, client);
  }

  async replica(options: ReplicaOptions = {}): Promise<Replica> {
    const dataSource = await createDataSource(postgres(this.database.urlFor('anchor-worker'))).initialize();
    this.sources.push(dataSource);
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

  reader(): PostgresAnchorReader {
    return new PostgresAnchorReader(this.sources[0] as DataSource);
  }

  async rows<T extends object>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return (await this.client.query<T>(sql, parameters)).rows;
  }

  /** Bodies of the events of a subject, in the order in which they are published. */
  async events<T>(subject: string): Promise<T[]> {
    const rows = await this.rows<{ payload: Buffer }>(
      'SELECT payload FROM anchors.outbox WHERE subject = $1 ORDER BY id',
      [subject],
    );
    return rows.map(({ payload }) => JSON.parse(payload.toString('utf8')) as T);
  }

  async close(): Promise<void> {
    for (const source of this.sources.splice(0)) if (source.isInitialized) await source.destroy();
    await this.client.end();
    await this.database.drop();
  }
}

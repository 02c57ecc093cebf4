import { AppError, type EventBody, type EventSubject } from '@touchstone/contracts';
import { EventPublisher, provision, type ProvisionOptions } from '@touchstone/nats';
import { loadConfig } from '@touchstone/platform/config';
import { silentLogger } from '@touchstone/platform/observability';
import { createContext, startService, type RunningService } from '@touchstone/platform/runtime';
import { runMigrations, uuidV7 } from '@touchstone/postgres';
import {
  createTestDatabase,
  testNats,
  waitUntil,
  type TestDatabase,
  type TestNats,
} from '@touchstone/testing';
import pg from 'pg';
import { configSchema } from '../../src/config.js';
import type { ConsumerDelays } from '../../src/ingest-runner.js';
import { service, serviceWith } from '../../src/service.js';
import { CONTRACT, LogWorld, ORIGIN, type TestEvent } from './log-world.js';
import { NETWORK } from './output-parts.js';

const STREAM_BYTES_MAX = 16_777_216;

type Publishers = Readonly<Record<'inference-gateway' | 'anchor-worker', EventPublisher>>;

/** A database and an account of its own, a world that publishes, and any number of proof-services. */
export class ProofFixture {
  private readonly running: RunningService[] = [];
  private readonly closers: (() => Promise<unknown>)[] = [];
  private publishers: Publishers | undefined;

  private constructor(
    readonly database: TestDatabase,
    readonly nats: TestNats,
    readonly world: LogWorld,
  ) {}

  static async create(
    world = new LogWorld(),
    options: ProvisionOptions = {},
    database?: TestDatabase,
  ): Promise<ProofFixture> {
    const fixture = new ProofFixture(database ?? (await createTestDatabase('proof')), testNats(), world);
    const provisioner = await fixture.nats.connect('provisioner');
    // Small streams: the server reserves their bytes for every account of the run.
    await provision(provisioner, { maxBytes: STREAM_BYTES_MAX, ...options });
    await provisioner.close();
    await runMigrations(service.databaseOptions(fixture.config()));
    await fixture.connect();
    return fixture;
  }

  private async connect(): Promise<void> {
    const publisher = async (service: keyof Publishers): Promise<EventPublisher> => {
      const nc = await this.nats.connect(service);
      this.closers.push(() => nc.close());
      return new EventPublisher({ nc });
    };
    this.publishers = {
      'inference-gateway': await publisher('inference-gateway'),
      'anchor-worker': await publisher('anchor-worker'),
    };
    const signer = await this.nats.connect('signer');
    this.closers.push(() => signer.close());
    this.world.signer.serve(signer);
    await signer.flush();
  }

  config(change: Readonly<Record<string, string>> = {}) {
    const login = this.nats.login('proof-service');
    return loadConfig({
      schema: configSchema,
      env: {
        DATABASE_URL: this.database.urlFor('proof-service'),
        NATS_URL: this.nats.url,
        TOUCHSTONE_NATS_USER: login.user,
        TOUCHSTONE_NATS_PASSWORD: login.password,
        TOUCHSTONE_HTTP_PORT: '0',
        TOUCHSTONE_GRPC_PORT: '0',
        TOUCHSTONE_HEALTH_PORT: '0',
        TOUCHSTONE_LOG_ORIGIN: ORIGIN,
        TOUCHSTONE_EVM_NETWORK: NETWORK,
        TOUCHSTONE_ANCHOR_CONTRACT: CONTRACT,
        ...change,
      },
    });
  }

  async start(
    change: Readonly<Record<string, string>> = {},
    delays: ConsumerDelays = {},
  ): Promise<ProofClient> {
    const definition = serviceWith(delays);
    const context = await createContext(definition, this.config(change), silentLogger());
    const running = await startService(definition, context);
    this.running.push(running);
    return new ProofClient(running);
  }

  /** Publishes events one after the other, each with an id of its own, so that a repetition is delivered again. */
  async publish(...events: readonly TestEvent[]): Promise<void> {
    for (const { subject, body } of events) {
      const service = subject.startsWith('evt.v1.inference.') ? 'inference-gateway' : 'anchor-worker';
      await this.publishers?.[service].publish(subject, body as EventBody<EventSubject>, { msgId: uuidV7() });
    }
  }

  async sql<T = unknown>(text: string, parameters: unknown[] = []): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.database.url });
    await client.connect();
    try {
      return (await client.query(text, parameters)).rows as T[];
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    for (const service of this.running) await service.stop();
    for (const close of this.closers) await close();
    await this.database.drop();
  }
}

/** A reader of one proof-service. */
export class ProofClient {
  constructor(readonly service: RunningService) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.service.ports.http}${path}`, { headers });
  }

  post(path: string, body: unknown): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.service.ports.http}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async json<T = Record<string, unknown>>(path: string): Promise<T> {
    return (await (await this.get(path)).json()) as T;
  }

  /** Waits until a bundle is served, and gives its text. */
  async bundle(verificationId: string, query = ''): Promise<string> {
    return waitUntil(
      async () => {
        const response = await this.get(`/v1/evidence/${verificationId}${query}`);
        const text = await response.text();
        return response.status === 200 && text;
      },
      10_000,
      `the evidence of ${verificationId}`,
    );
  }

  /** Waits for an answer that is pending at a stage. */
  async stage(verificationId: string, stage: string, query = ''): Promise<void> {
    await waitUntil(
      async () => {
        const response = await this.get(`/v1/evidence/${verificationId}${query}`);
        const problem = (await response.json()) as { errors?: { detail: string }[] };
        return response.status === 202 && problem.errors?.[0]?.detail === stage;
      },
      10_000,
      `stage ${stage}`,
    );
  }

  /** The sum of a metric over its labels, or of the one sample whose labels contain `labels`. */
  async metric(name: string, labels = ''): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.service.ports.health}/metrics`);
    const lines = (await response.text()).split('\n');
    const samples = lines.filter((line) => line.startsWith(`${name}{`) && line.includes(labels));
    if (samples.length === 0) throw new AppError('not-found', `There is no metric ${name}.`);
    return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async waitForMetric(name: string, atLeast: number, labels = ''): Promise<void> {
    await waitUntil(async () => (await this.metric(name, labels)) >= atLeast, 10_000, `${name} ≥ ${atLeast}`);
  }
}

import 'reflect-metadata';
import { provision } from '@touchstone/nats';
import {
  createContext,
  loadConfig,
  silentLogger,
  startService,
  type RunningService,
} from '@touchstone/platform';
import { runMigrations } from '@touchstone/postgres';
import {
  createTestDatabase,
  SignerDouble,
  testNats,
  waitUntil,
  type TestDatabase,
  type TestNats,
} from '@touchstone/testing';
import pg from 'pg';
import { configSchema } from '../../src/config.js';
import { service, serviceWith } from '../../src/service.js';
import { PaymentVerifierDouble } from './payment-verifier-double.js';
import { modelsFolder } from './sample-models.js';
import type { TestConnection } from './serve-rpc.js';

/** The address that the tests pay to. */
export const PAY_TO = `0x${'22'.repeat(20)}`;

/** Settings that differ from those of {@link configOf}; undefined takes one away. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Largest size of a stream here. */
const STREAM_BYTES = 16_777_216;

/** A gateway with real PostgreSQL and NATS around it, and doubles of the services that it asks. */
export class GatewayFixture {
  readonly signer = new SignerDouble();
  readonly payments = new PaymentVerifierDouble();
  private readonly connections: TestConnection[] = [];
  private readonly gateways: RunningService[] = [];

  private constructor(
    readonly nats: TestNats,
    readonly database: TestDatabase,
    readonly client: pg.Client,
  ) {}

  /** @param options services that stay away at first, and a database of its own server */
  static async start(
    options: { without?: readonly ('signer' | 'payment-verifier')[]; database?: TestDatabase } = {},
  ): Promise<GatewayFixture> {
    const nats = testNats();
    const prepare = async (database: Pick<TestDatabase, 'urlFor'>) => {
      await runMigrations(service.databaseOptions(configOf(nats, database.urlFor('inference-gateway'))));
    };
    const { without = [] } = options;
    if (options.database !== undefined) await prepare(options.database);
    const database = options.database ?? (await createTestDatabase('gateway', { name: 'gateway', prepare }));
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const harness = new GatewayFixture(nats, database, client);
    const provisioner = await harness.connect('provisioner');
    // The server sets the size of every stream aside at once, and each test file has its own streams.
    await provision(provisioner, { maxBytes: STREAM_BYTES });
    if (!without.includes('signer')) harness.signer.serve(await harness.connect('signer'));
    if (!without.includes('payment-verifier')) {
      harness.payments.serve(await harness.connect('payment-verifier'));
    }
    return harness;
  }

  /** Connects as a service of the mesh; closed with the harness. */
  async connect(user: Parameters<TestNats['connect']>[0]): Promise<TestConnection> {
    const connection = await this.nats.connect(user);
    this.connections.push(connection);
    return connection;
  }

  /** Starts one replica of the gateway. */
  async gateway(
    env: Environment = {},
    options: { ready?: boolean; heartbeatIntervalMs?: number } = {},
  ): Promise<Gateway> {
    const definition = serviceWith(options.heartbeatIntervalMs);
    const config = configOf(this.nats, this.database.urlFor('inference-gateway'), env);
    const context = await createContext(definition, config, silentLogger());
    const running = await startService(definition, context);
    this.gateways.push(running);
    if (options.ready !== false) {
      await waitUntil(
        async () => (await context.health.readiness()).ready,
        15_000,
        'the gateway to be ready',
      );
    }
    return { url: `http://127.0.0.1:${running.ports.http}`, running };
  }

  /** One column of a query, as an array. */
  async column<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    const { rows } = await this.client.query({ text: sql, values: parameters, rowMode: 'array' });
    return rows.map(([value]) => value as T);
  }

  /** The bodies of the outbox rows of a subject, in order. */
  async outbox<T>(subject: string): Promise<T[]> {
    const payloads = await this.column<Buffer>(
      'SELECT payload FROM gateway.outbox WHERE subject = $1 ORDER BY id',
      [subject],
    );
    return payloads.map((payload) => JSON.parse(payload.toString('utf8')) as T);
  }

  async stop(): Promise<void> {
    for (const gateway of this.gateways.splice(0)) await gateway.stop();
    for (const connection of this.connections.splice(0)) await connection.close();
    await this.client.end();
    await this.database.drop();
  }
}

/** One replica. */
export interface Gateway {
  readonly url: string;
  readonly running: RunningService;
}

function configOf(nats: TestNats, databaseUrl: string, env: Environment = {}) {
  const { user, password } = nats.login('inference-gateway');
  return loadConfig({
    schema: configSchema,
    env: {
      DATABASE_URL: databaseUrl,
      NATS_URL: nats.url,
      TOUCHSTONE_NATS_USER: user,
      TOUCHSTONE_NATS_PASSWORD: password,
      TOUCHSTONE_HTTP_PORT: '0',
      TOUCHSTONE_GRPC_PORT: '0',
      TOUCHSTONE_HEALTH_PORT: '0',
      TOUCHSTONE_BUILD_HASH: 'b'.repeat(64),
      TOUCHSTONE_MODELS_DIR: modelsFolder,
      TOUCHSTONE_PAYMENT_MODE: 'off',
      TOUCHSTONE_PAY_TO: PAY_TO,
      TOUCHSTONE_INFERENCE_WORKERS: '1',
      ...env,
    },
  });
}

/** Posts a request to a model. */
export function infer(
  gateway: Gateway,
  model: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${gateway.url}/v1/models/${model}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

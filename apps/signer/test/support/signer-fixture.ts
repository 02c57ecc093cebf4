import pg from 'pg';
import { RpcClient, provision } from '@touchstone/nats';
import {
  createContext,
  loadConfig,
  silentLogger,
  startService,
  type RunningService,
} from '@touchstone/platform';
import { runMigrations } from '@touchstone/postgres';
import { createTestDatabase, testNats, type TestDatabase, type TestNats } from '@touchstone/testing';
import type { ServiceName } from '@touchstone/contracts';
import { configSchema } from '../../src/config.js';
import { service } from '../../src/service.js';

/** Small streams: all accounts of a test run share one server's storage. */
const STREAM_BYTES_MAX = 16_777_216;

export const ORIGIN = 'localhost/touchstone/test';
export const ANCHOR_CONTRACT = `0x${'aa'.repeat(20)}`;
export const ASSET = `0x${'bb'.repeat(20)}`;
export const CHAIN_ID = 8453;
export const GATEWAY_TOKEN = 'g'.repeat(40);
export const WORKER_TOKEN = 'w'.repeat(40);

/** A database and an account of its own, with any number of signers on them. */
export class SignerFixture {
  private readonly running: RunningService[] = [];
  private readonly closers: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly nats: TestNats,
  ) {}

  static async create(): Promise<SignerFixture> {
    const nats = testNats();
    const fixture = new SignerFixture(await createTestDatabase(), nats);
    const provisioner = await nats.connect('provisioner');
    await provision(provisioner, { maxBytes: STREAM_BYTES_MAX });
    await provisioner.close();
    await runMigrations(service.databaseOptions(fixture.config()));
    return fixture;
  }

  config(change: Readonly<Record<string, string>> = {}) {
    const login = this.nats.login('signer');
    return loadConfig({
      schema: configSchema,
      env: {
        DATABASE_URL: this.database.urlFor('signer'),
        NATS_URL: this.nats.url,
        TOUCHSTONE_NATS_USER: login.user,
        TOUCHSTONE_NATS_PASSWORD: login.password,
        TOUCHSTONE_HTTP_PORT: '0',
        TOUCHSTONE_GRPC_PORT: '0',
        TOUCHSTONE_HEALTH_PORT: '0',
        MODEL_SIGNING_KEY_HEX: '11'.repeat(32),
        MODEL_SIGNING_KEY_ID: 'output-1',
        TOUCHSTONE_LOG_ORIGIN: ORIGIN,
        TOUCHSTONE_CHECKPOINT_SEED_HEX: '22'.repeat(32),
        TOUCHSTONE_ANCHOR_TX_KEY_HEX: '33'.repeat(32),
        TOUCHSTONE_SETTLEMENT_TX_KEY_HEX: '44'.repeat(32),
        TOUCHSTONE_CHAIN_ID: String(CHAIN_ID),
        TOUCHSTONE_ANCHOR_CONTRACT: ANCHOR_CONTRACT,
        TOUCHSTONE_SETTLEMENT_ASSET: ASSET,
        TOUCHSTONE_SIGNER_TOKENS: JSON.stringify({
          'inference-gateway': GATEWAY_TOKEN,
          'anchor-worker': WORKER_TOKEN,
        }),
        ...change,
      },
    });
  }

  async start(change: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    const context = await createContext(service, this.config(change), silentLogger());
    const running = await startService(service, context);
    this.running.push(running);
    return running;
  }

  /** Reads the database as superuser. */
  async rows<T>(sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.database.url });
    await client.connect();
    try {
      return (await client.query(sql)).rows as T[];
    } finally {
      await client.end();
    }
  }

  /** An RPC client with the permissions of one service. */
  async client(caller: ServiceName): Promise<RpcClient> {
    const nc = await this.nats.connect(caller);
    this.closers.push(() => nc.close());
    return new RpcClient({ nc, caller });
  }

  async close(): Promise<void> {
    for (const service of this.running) await service.stop();
    for (const close of this.closers) await close();
    await this.database.drop();
  }
}

import 'reflect-metadata';
import type { EventBody, EventSubject } from '@touchstone/contracts';
import { developmentNetwork } from '@touchstone/embedded';
import { EventPublisher, provision } from '@touchstone/nats';
import {
  createContext,
  loadConfig,
  silentLogger,
  startService,
  type RunningService,
} from '@touchstone/platform';
import { runMigrations, uuidV7 } from '@touchstone/postgres';
import {
  createTestDatabase,
  SIGNER_DOUBLE_ORIGIN,
  testNats,
  type TestDatabase,
  type TestNats,
} from '@touchstone/testing';
import { configSchema } from '../../src/config.js';
import { service } from '../../src/service.js';
import { AnchorFixture, type TestChain } from './anchor-fixture.js';
import { SignerProcess } from './signer-process.js';

/** Replicas of the whole service between real servers, a real signer and a real chain. */
export class WorkerFixture {
  private readonly replicas: RunningService[] = [];
  private readonly connections: Awaited<ReturnType<TestNats['connect']>>[] = [];

  private constructor(
    readonly nats: TestNats,
    readonly database: TestDatabase,
    readonly chain: TestChain,
    readonly signer: SignerProcess,
  ) {}

  static async create(): Promise<WorkerFixture> {
    const nats = testNats();
    const provisioner = await nats.connect('provisioner');
    await provision(provisioner, { maxBytes: 67_108_864 });
    await provisioner.close();
    const [database, chain] = await Promise.all([
      createTestDatabase('anchor_service'),
      AnchorFixture.startChain(),
    ]);
    const signer = await SignerProcess.start(nats, database, chain.contract);
    const fixture = new WorkerFixture(nats, database, chain, signer);
    await runMigrations(service.databaseOptions(fixture.config()));
    return fixture;
  }

  config(change: Readonly<Record<string, string>> = {}) {
    const { user, password } = this.nats.login('anchor-worker');
    return loadConfig({
      schema: configSchema,
      env: {
        DATABASE_URL: this.database.urlFor('anchor-worker'),
        NATS_URL: this.nats.url,
        TOUCHSTONE_NATS_USER: user,
        TOUCHSTONE_NATS_PASSWORD: password,
        TOUCHSTONE_HTTP_PORT: '0',
        TOUCHSTONE_GRPC_PORT: '0',
        TOUCHSTONE_HEALTH_PORT: '0',
        TOUCHSTONE_BUILD_HASH: 'b'.repeat(64),
        TOUCHSTONE_LOG_ORIGIN: SIGNER_DOUBLE_ORIGIN,
        ANCHOR_MODE: 'advanced',
        ANCHOR_INTERVAL_SEC: '0.2',
        TOUCHSTONE_EVM_RPC_URL: this.chain.anvil.rpcUrl,
        TOUCHSTONE_EVM_NETWORK: developmentNetwork,
        TOUCHSTONE_ANCHOR_CONTRACT: this.chain.contract,
        TOUCHSTONE_ANCHOR_SPACING_MS: '0',
        TOUCHSTONE_EVM_POLL_MS: '100',
        ...change,
      },
    });
  }

  /** Starts one replica. */
  async start(change: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    const context = await createContext(service, this.config(change), silentLogger());
    const running = await startService(service, context);
    this.replicas.push(running);
    return running;
  }

  /** A publisher with the permissions of the gateway. */
  async gateway(): Promise<
    <S extends EventSubject>(subject: S, body: EventBody<S>, msgId?: string) => Promise<unknown>
  > {
    const nc = await this.nats.connect('inference-gateway');
    this.connections.push(nc);
    const publisher = new EventPublisher({ nc });
    return (subject, body, msgId = uuidV7()) => publisher.publish(subject, body, { msgId });
  }

  async close(): Promise<void> {
    for (const replica of this.replicas.splice(0)) await replica.stop();
    for (const connection of this.connections.splice(0)) await connection.close();
    await this.signer.kill();
    await this.chain.anvil.stop();
    await this.database.drop();
  }
}

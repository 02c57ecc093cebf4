import type { NatsConnection } from '@nats-io/transport-node';
import { meshCaller, type MeshCaller, type NodeService } from '@touchstone/contracts';
import { EventPublisher, provision, RpcClient, type ProvisionOptions } from '@touchstone/nats';
import { loadConfig, NODE_DEFAULT } from '@touchstone/platform/config';
import { silentLogger } from '@touchstone/platform/observability';
import { createContext, startService } from '@touchstone/platform/runtime';
import type { Logger } from '@touchstone/platform/observability';
import type { RunningService } from '@touchstone/platform/runtime';
import type { Clock } from '@touchstone/platform/wiring';
import type { DefinedService, ServiceSchema } from '@touchstone/service';
import type { z } from 'zod';
import type { TestDatabase } from '../test-database.js';
import { testNats, type TestNats } from '../test-nats.js';
import { testUser, type MeshUserName } from '../test-users.js';
import { DatabaseFixture, migratedDatabase } from './database-fixture.js';
import { TestService } from './test-service.js';

/** Variables of the environment of a service; undefined takes one away. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** Where services of one kind run in a spec. */
export interface Surroundings<S extends ServiceSchema> {
  readonly definition: DefinedService<S>;
  /** Of every service that is started here, beside database, mesh and ports. */
  readonly settings: Settings;
  readonly database: TestDatabase;
  readonly nats: TestNats;
}

/** What differs from the usual {@link Surroundings}. */
export interface SurroundingsOptions {
  readonly streams?: ProvisionOptions;
  /** A database of a server of its own. */
  readonly database?: TestDatabase | undefined;
}

/** How one service is started differently. */
export interface StartOptions<S extends ServiceSchema> {
  readonly definition?: DefinedService<S>;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Bytes of a stream: the server sets them aside at once, and each spec file has streams of its own. */
const STREAM_BYTES_MAX = 16_777_216;

/** Makes a migrated database and a NATS account with all streams, which no other spec file sees. */
export async function surroundingsOf<S extends ServiceSchema>(
  definition: DefinedService<S>,
  settings: Settings,
  { streams, database }: SurroundingsOptions = {},
): Promise<Surroundings<S>> {
  const nats = testNats();
  const provisioner = await nats.connect('provisioner');
  await provision(provisioner, { maxBytes: STREAM_BYTES_MAX, ...streams });
  await provisioner.close();
  return { definition, settings, nats, database: await migratedDatabase(definition, database) };
}

/** Any number of replicas of a service on a database and a NATS account of their own. */
export class ServiceFixture<S extends ServiceSchema> extends DatabaseFixture {
  readonly nats: TestNats;
  private readonly running: RunningService[] = [];

  constructor(private readonly surroundings: Surroundings<S>) {
    super(surroundings.definition, surroundings.database);
    this.nats = surroundings.nats;
  }

  /** What a process of the service finds in its environment. */
  environment(change: Settings = {}): Settings {
    const { definition, settings } = this.surroundings;
    const node = { ...settings, ...change }['TOUCHSTONE_NODE_ID'] ?? NODE_DEFAULT;
    const { user, password } = this.nats.login(meshCaller(definition.name, node));
    return {
      DATABASE_URL: this.database.urlFor(definition.name),
      NATS_URL: this.nats.url,
      TOUCHSTONE_NATS_USER: user,
      TOUCHSTONE_NATS_PASSWORD: password,
      TOUCHSTONE_HTTP_PORT: '0',
      TOUCHSTONE_GRPC_PORT: '0',
      TOUCHSTONE_HEALTH_PORT: '0',
      TOUCHSTONE_BUILD_HASH: 'b'.repeat(64),
      ...settings,
      ...change,
    };
  }

  config(change: Settings = {}): z.output<S> {
    const { configSchema } = this.surroundings.definition;
    return loadConfig({ schema: configSchema, env: this.environment(change) });
  }

  /** Starts a replica in this process; rejects with the error that stops its start. */
  start(change: Settings = {}): Promise<TestService> {
    return this.launch(change);
  }

  /** {@link start} for fixtures whose replicas differ from what runs in production. */
  protected async launch(change: Settings, options: StartOptions<S> = {}): Promise<TestService> {
    const { definition = this.surroundings.definition, logger = silentLogger(), clock } = options;
    const context = await createContext(definition, this.config(change), logger);
    const running = await startService(definition, clock === undefined ? context : { ...context, clock });
    this.running.push(running);
    return new TestService(running);
  }

  /** Connects as a user of the mesh; closed with the fixture. */
  async connect(user: MeshUserName): Promise<NatsConnection> {
    const connection = await this.nats.connect(user);
    this.onClose(() => connection.close());
    return connection;
  }

  /** Calls RPCs with the permissions of a service. */
  async client(user: MeshCaller | NodeService, timeoutMs?: number): Promise<RpcClient> {
    const nc = await this.connect(user);
    const caller = testUser(user);
    return new RpcClient({ nc, caller, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  }

  /** Publishes events with the permissions of a service. */
  async publisher(service: MeshUserName): Promise<EventPublisher> {
    return new EventPublisher({ nc: await this.connect(service) });
  }

  /** Stops the replicas, then ends the rest, the newest first. */
  override async close(): Promise<void> {
    for (const replica of this.running.splice(0).reverse()) await replica.stop();
    await super.close();
  }
}

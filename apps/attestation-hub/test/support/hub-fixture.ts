import type { Heartbeat, ServiceName } from '@touchstone/contracts';
import type { HeartbeatAnswer, NodeDetail, NodePage } from '@touchstone/contracts/http/attestation-hub';
import { provision, RpcClient } from '@touchstone/nats';
import {
  createContext,
  createLogger,
  loadConfig,
  silentLogger,
  startService,
  type RunningService,
} from '@touchstone/platform';
import { createDataSource, runMigrations } from '@touchstone/postgres';
import {
  createTestDatabase,
  FakeClock,
  testNats,
  type TestDatabase,
  type TestNats,
} from '@touchstone/testing';
import type { DataSource } from 'typeorm';
import { configSchema } from '../../src/config.js';
import { service } from '../../src/service.js';

export const CAPABILITY_HASH = 'a1b2c3d4'.repeat(8);

/** A heartbeat as a healthy node sends it at the time of the clock. */
export function heartbeatAt(nowMs: number, change: Partial<Heartbeat> = {}): Heartbeat {
  return {
    node_id: 'node-1',
    health: 'GREEN',
    ts_utc: new Date(nowMs).toISOString(),
    attestation: {
      schema: 'attestation_v1',
      build_id: 'build-1',
      capability_hash: CAPABILITY_HASH,
      runtime: { os: 'linux', node: 'v20.19.0' },
    },
    ...change,
  };
}

/** The same without attestation. */
export function bareHeartbeatAt(nowMs: number, change: Partial<Heartbeat> = {}): Heartbeat {
  const { attestation: _attestation, ...rest } = heartbeatAt(nowMs, change);
  return rest;
}

/** One running hub as its callers see it. */
export class Hub {
  readonly url: string;

  constructor(
    readonly service: RunningService,
    /** The lines that it logged. */
    readonly lines: Record<string, unknown>[],
  ) {
    this.url = `http://127.0.0.1:${service.ports.http}`;
  }

  post(body: unknown, path = '/v1/nodes/heartbeat'): Promise<Response> {
    return this.postText(JSON.stringify(body), path);
  }

  postText(body: string, path = '/v1/nodes/heartbeat'): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  }

  async beat(message: Heartbeat): Promise<HeartbeatAnswer> {
    const response = await this.post(message);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as HeartbeatAnswer;
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`);
  }

  async node(id = 'node-1'): Promise<NodeDetail> {
    return (await (await this.get(`/v1/nodes/${id}`)).json()) as NodeDetail;
  }

  async page(query = ''): Promise<NodePage> {
    return (await (await this.get(`/v1/nodes${query}`)).json()) as NodePage;
  }

  async metric(name: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.service.ports.health}/metrics`);
    const line = (await response.text()).split('\n').find((text) => text.startsWith(`${name}{`));
    return Number(line?.split(' ').at(-1));
  }

  audit(): Record<string, unknown>[] {
    return this.lines.filter(({ event }) => typeof event === 'string');
  }
}

/** A database and an account of its own, with any number of hubs on them, all at the same fake time. */
export class HubFixture {
  readonly clock = new FakeClock();
  private readonly running: RunningService[] = [];
  private readonly closers: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly nats: TestNats,
  ) {}

  static async create(label: string): Promise<HubFixture> {
    const fixture = new HubFixture(await createTestDatabase(label), testNats());
    const provisioner = await fixture.nats.connect('provisioner');
    await provision(provisioner, {});
    await provisioner.close();
    await runMigrations(service.databaseOptions(fixture.config()));
    return fixture;
  }

  config(change: Readonly<Record<string, string | undefined>> = {}) {
    const login = this.nats.login('attestation-hub');
    return loadConfig({
      schema: configSchema,
      env: {
        DATABASE_URL: this.database.urlFor('attestation-hub'),
        NATS_URL: this.nats.url,
        TOUCHSTONE_NATS_USER: login.user,
        TOUCHSTONE_NATS_PASSWORD: login.password,
        TOUCHSTONE_HTTP_PORT: '0',
        TOUCHSTONE_HEALTH_PORT: '0',
        TOUCHSTONE_BUILD_HASH: '0'.repeat(64),
        TOUCHSTONE_HEARTBEAT_TOKENS: 'off',
        ...change,
      },
    });
  }

  async start(change: Readonly<Record<string, string | undefined>> = {}): Promise<Hub> {
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const logger = createLogger({ service: 'attestation-hub', version: 'test', destination });
    const context = await createContext(service, this.config(change), logger);
    const running = await startService(service, { ...context, clock: this.clock });
    this.running.push(running);
    return new Hub(running, lines);
  }

  /** A connection to the hub's schema beside the hubs. */
  async dataSource(): Promise<DataSource> {
    const dataSource = await createDataSource(service.databaseOptions(this.config())).initialize();
    this.closers.push(() => dataSource.destroy());
    return dataSource;
  }

  async client(caller: ServiceName): Promise<RpcClient> {
    const nc = await this.nats.connect(caller);
    this.closers.push(() => nc.close());
    return new RpcClient({ nc, caller });
  }

  /** What the outbox took so far, in order, published or not. */
  async events(): Promise<unknown[]> {
    const dataSource = await this.dataSource();
    const rows: { payload: Buffer }[] = await dataSource.query(
      'SELECT payload FROM attestation.outbox ORDER BY id',
    );
    return rows.map(({ payload }) => JSON.parse(payload.toString('utf8')));
  }

  async close(): Promise<void> {
    for (const service of this.running) await service.stop();
    for (const close of this.closers) await close();
    await this.database.drop();
  }
}

/** A context without output, for commands. */
export function commandContext(fixture: HubFixture) {
  return createContext(service, fixture.config(), silentLogger());
}

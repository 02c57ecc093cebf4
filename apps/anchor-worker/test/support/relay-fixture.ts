import type { EventBody, EventSubject, MeshUser } from '@touchstone/contracts';
import {
  connectMesh,
  consumeDurable,
  EventPublisher,
  OutboxBus,
  provision,
  type EventMessage,
  type Mesh,
  type RunningConsumer,
} from '@touchstone/nats';
import { silentLogger } from '@touchstone/platform/observability';
import { OutboxRelay, type Outbox } from '@touchstone/postgres';
import { OwnNats } from '@touchstone/testing';
import type { DataSource } from 'typeorm';
import { LogFixture } from './log-fixture.js';

const STREAM_BYTES = 16_777_216;
const logger = silentLogger();

/** The outbox of the anchor-worker with its relay, a NATS server of its own, and the proof-service's consumer. */
export class RelayFixture {
  readonly nats = new OwnNats();
  readonly handled: EventMessage[] = [];
  private readonly open: Mesh[] = [];
  private consumer: RunningConsumer | undefined;
  private relay: OutboxRelay | undefined;

  private constructor(
    private readonly log: LogFixture,
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  static async create(limits: { readonly payloadBytesMax?: number } = {}): Promise<RelayFixture> {
    const log = await LogFixture.create();
    const { dataSource, outbox } = await log.replica();
    const fixture = new RelayFixture(log, dataSource, outbox);
    await fixture.nats.start(limits);
    await provision((await fixture.connect('provisioner')).nc, { maxBytes: STREAM_BYTES });
    return fixture;
  }

  async connect(service: MeshUser): Promise<Mesh> {
    const mesh = await connectMesh({ url: this.nats.url, ...this.nats.login(service), service, logger });
    this.open.push(mesh);
    return mesh;
  }

  /** Asks JetStream's interface as the administrator. */
  async administer<T>(action: string, body: object = {}): Promise<T> {
    const { nc } = await this.connect('provisioner');
    const answer = (await nc.request(`$JS.API.${action}`, JSON.stringify(body))).json<
      T & { error?: object }
    >();
    if (answer.error !== undefined) throw new Error(`${action}: ${JSON.stringify(answer.error)}`);
    return answer;
  }

  /** Starts a relay as a new process of the service would. */
  async startRelay(): Promise<void> {
    const mesh = await this.connect('anchor-worker');
    const { publishStored } = new EventPublisher({ nc: mesh.nc, attemptsMax: 1, timeoutMs: 2_000 });
    const bus = new OutboxBus(mesh, 'anchor-worker');
    this.relay = new OutboxRelay({ dataSource: this.dataSource, publish: publishStored, bus, pollMs: 50 });
    this.outbox.wakes(this.relay);
    this.relay.start();
  }

  async stopRelay(): Promise<void> {
    await this.relay?.stop();
    this.relay = undefined;
  }

  /** Consumes as the proof-service does; what was handled is kept in {@link handled}. */
  async startConsumer(): Promise<void> {
    this.consumer = await consumeDurable({
      nc: (await this.connect('proof-service')).nc,
      durable: 'proof-service-anchor',
      logger,
      handler: async (message) => void this.handled.push(message),
    });
  }

  async append<S extends EventSubject>(subject: S, bodies: readonly EventBody<S>[]): Promise<string[]> {
    return this.dataSource.transaction(async (manager) => {
      const ids: string[] = [];
      for (const body of bodies) ids.push(await this.outbox.append(manager, subject, body));
      return ids;
    });
  }

  async pending(): Promise<number> {
    const [row] = await this.log.rows<{ count: number }>(
      'SELECT count(*)::int AS count FROM anchors.outbox WHERE published_at IS NULL',
    );
    return row?.count ?? 0;
  }

  /** The database of the outbox, for commands. */
  get databaseUrl(): string {
    return this.log.database.urlFor('anchor-worker');
  }

  async close(): Promise<void> {
    await this.consumer?.stop();
    await this.stopRelay();
    await Promise.all(this.open.map((mesh) => mesh.close()));
    await this.nats.close();
    await this.log.close();
  }
}

import type { MeshUser } from '@touchstone/contracts';
import {
  connectMesh,
  consumeDurable,
  deadLetterState,
  DELIVERIES_MAX,
  EventPublisher,
  listDeadLetters,
  OutboxBus,
  provision,
  replayDeadLetter,
  type DeadLetter,
  type DeadLetterState,
  type Mesh,
} from '@touchstone/nats';
import { silentLogger } from '@touchstone/platform/observability';
import { OutboxRelay } from '@touchstone/postgres';
import { testNats, waitUntil, type MeshUserName } from '@touchstone/testing';
import type { StuckAnchors } from '../../src/domain/anchor/stuck-anchors.js';
import type { Replica } from './log-fixture.js';

const STREAM_BYTES = 16_777_216;
const logger = silentLogger();

/** Messages about stuck targets, from the outbox of a replica to its consumer and to the dead letters. */
export class LetterFixture {
  private readonly nats = testNats();
  private readonly closers: (() => Promise<unknown>)[] = [];

  static async create(): Promise<LetterFixture> {
    const fixture = new LetterFixture();
    await provision((await fixture.connect('provisioner')).nc, { maxBytes: STREAM_BYTES });
    return fixture;
  }

  /** Starts relay and consumer of a replica, as its service does. */
  async start(
    replica: Pick<Replica, 'dataSource' | 'outbox'>,
    stuck: Pick<StuckAnchors, 'retry'>,
  ): Promise<void> {
    const mesh = await this.connect('anchor-worker');
    const { publishStored } = new EventPublisher({ nc: mesh.nc, attemptsMax: 1, timeoutMs: 2_000 });
    const bus = new OutboxBus(mesh, 'anchor-worker');
    const relay = new OutboxRelay({
      dataSource: replica.dataSource,
      publish: publishStored,
      bus,
      pollMs: 50,
    });
    replica.outbox.wakes(relay);
    relay.start();
    this.closers.unshift(() => relay.stop());
    const consumer = await consumeDurable({
      nc: mesh.nc,
      durable: 'anchor-worker-stuck',
      logger,
      handler: async ({ subject, body, deliveryCount }) => {
        if (subject === 'evt.v1.anchor.anchor.stuck')
          await stuck.retry(body, deliveryCount >= DELIVERIES_MAX);
      },
    });
    this.closers.unshift(() => consumer.stop());
  }

  /** The letters that wait, once there are so many. */
  letters(count: number): Promise<DeadLetter[]> {
    return waitUntil(
      async () => {
        const { letters } = await listDeadLetters((await this.operator()).nc, { service: 'anchor-worker' });
        return letters.length === count && [...letters];
      },
      20_000,
      `${count} dead letters`,
    ) as Promise<DeadLetter[]>;
  }

  /** What becomes of a letter that is replayed; `meanwhile` runs until that is known. */
  async replay(
    letter: DeadLetter,
    meanwhile: () => Promise<unknown> = async () => undefined,
  ): Promise<DeadLetterState> {
    const { nc } = await this.operator();
    await replayDeadLetter(nc, letter);
    return waitUntil(
      async () => {
        await meanwhile();
        const outcome = await deadLetterState(nc, letter);
        return outcome.state !== 'waiting' && outcome;
      },
      20_000,
      'the outcome of the replay',
    ) as Promise<DeadLetterState>;
  }

  async close(): Promise<void> {
    for (const close of this.closers.splice(0)) await close();
  }

  private known: Promise<Mesh> | undefined;
  private operator(): Promise<Mesh> {
    return (this.known ??= this.connect('operator'));
  }

  private async connect(service: MeshUser & MeshUserName): Promise<Mesh> {
    const mesh = await connectMesh({ url: this.nats.url, ...this.nats.login(service), service, logger });
    this.closers.push(() => mesh.close());
    return mesh;
  }
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventSubject } from '@touchstone/contracts';
import {
  connectMesh,
  Consumers,
  createMeshMetrics,
  EventPublisher,
  provision,
  type Mesh,
} from '@touchstone/nats';
import { uuidV7 } from '@touchstone/postgres';
import { FollowedTraces, HealthRegistry, Registry, silentLogger } from '@touchstone/platform/observability';
import { Shutdown } from '@touchstone/platform/runtime';
import {
  FakeClock,
  testNats,
  testUser,
  waitUntil,
  type MeshUserName,
  type TestNats,
} from '@touchstone/testing';
import { ORIGIN, type TestEvent } from '../test/support/log-world.js';
import { ProvenWorld } from '../test/support/proven-world.js';
import { Ingestion } from './domain/ingest/ingestion.js';
import type { Intake } from './domain/ingest/intake.js';
import { INGEST_MESSAGES_MAX, IngestRunner } from './ingest-runner.js';
import { ProofMetrics } from './metrics.js';

const STREAM_BYTES = 16_777_216;
const SHUTDOWN_MS = 5_000;

describe('a delivery', () => {
  const logger = silentLogger();
  const world = new ProvenWorld();
  let nats: TestNats;
  let meshes: Mesh[];
  let shutdown: Shutdown;
  let deliveries: Intake[];
  let release: () => void;

  beforeEach(async () => {
    nats = testNats();
    meshes = [];
    shutdown = new Shutdown(logger, SHUTDOWN_MS);
    deliveries = [];
    await provision((await connect('provisioner')).nc, { maxBytes: STREAM_BYTES });
  });
  afterEach(async () => {
    release();
    await shutdown.run('the test is over');
    await Promise.all(meshes.map((mesh) => mesh.close()));
  });

  async function connect(user: MeshUserName): Promise<Mesh> {
    const login = nats.login(user);
    const mesh = await connectMesh({ url: nats.url, ...login, service: testUser(user), logger });
    meshes.push(mesh);
    return mesh;
  }

  /** Starts the consumers; the first delivery is held until `release`, so that all that follows waits together. */
  async function start(): Promise<Mesh> {
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const store = {
      store: async (intake: Intake) => {
        deliveries.push(intake);
        if (deliveries.length === 1) await held;
        return [];
      },
    };
    const mesh = await connect('proof-service');
    const registry = new Registry();
    const clock = new FakeClock();
    const runner = new IngestRunner({
      ingestion: new Ingestion(store, ORIGIN, () => undefined),
      log: { catchUp: async () => undefined },
      metrics: new ProofMetrics(registry, () => Promise.reject(new Error('Nobody asks for these figures.'))),
      traces: new FollowedTraces(() => clock.nowMs()),
      consumers: new Consumers({
        ...{ mesh, logger, shutdown },
        metrics: createMeshMetrics(registry),
        health: new HealthRegistry(),
      }),
      ...{ shutdown, logger, clock },
    });
    await runner.onApplicationBootstrap();
    return mesh;
  }

  async function publish(publisher: EventPublisher, event: () => TestEvent, count: number): Promise<void> {
    const ids = Array.from({ length: count }, () => crypto.randomUUID());
    await Promise.all(
      ids.map((msgId) => {
        const { subject, body } = event();
        return publisher.publish<EventSubject>(subject, body, { msgId });
      }),
    );
  }

  const kinds = [
    ['inference-gateway', 'INFERENCE', 'proof-service-inference', () => world.commitmentPublished()],
    ['inference-gateway', 'PROVING', 'proof-service-proving', () => world.executionProved(uuidV7())],
    ['anchor-worker', 'ANCHOR', 'proof-service-anchor', () => world.entryAppended()],
  ] as const;

  it.each(
    kinds.flatMap((kind) => [
      [INGEST_MESSAGES_MAX, [1, INGEST_MESSAGES_MAX], ...kind] as const,
      [INGEST_MESSAGES_MAX + 1, [1, INGEST_MESSAGES_MAX, 1], ...kind] as const,
    ]),
  )('of %d that wait behind one: %j (%s)', async (count, sizes, user, stream, durable, event) => {
    const { nc } = await start();
    const publisher = new EventPublisher({ nc: (await connect(user)).nc });
    await publish(publisher, event, 1);
    await waitUntil(() => deliveries.length === 1);
    await publish(publisher, event, count);
    await waitUntil(async () => {
      const info = await nc.request(`$JS.API.CONSUMER.INFO.${stream}.${durable}`);
      return info.json<{ num_ack_pending: number }>().num_ack_pending === count + 1;
    });
    release();
    const taken = () =>
      deliveries.map(
        ({ commitments, entries, proofs }) => commitments.length + entries.length + proofs.length,
      );
    await waitUntil(() => taken().reduce((sum, size) => sum + size, 0) === count + 1);
    expect(taken()).toEqual(sizes);
  });
});

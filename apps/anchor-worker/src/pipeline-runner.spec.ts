import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  connectMesh,
  Consumers,
  createMeshMetrics,
  EventPublisher,
  provision,
  type Mesh,
} from '@touchstone/nats';
import { FollowedTraces, HealthRegistry, Registry, silentLogger } from '@touchstone/platform/observability';
import { Shutdown } from '@touchstone/platform/runtime';
import { testNats, testUser, waitUntil, type MeshUserName, type TestNats } from '@touchstone/testing';
import { outputKeyEntry, recordedOutput } from '../test/support/leaves.js';
import type { AnchorReader } from './domain/anchor/anchor-reader.js';
import { Intake, type Accepted } from './domain/leaf/intake.js';
import { SigningKeys } from './domain/leaf/signing-keys.js';
import type { CreatedPipeline } from './domain/pipeline/create-pipeline.js';
import { LeafProgress } from './leaf-progress.js';
import { AnchorMetrics } from './metrics.js';
import { PipelineRunner } from './pipeline-runner.js';
import { INTAKE_MESSAGES_MAX } from './transport/nats/take-events.js';

const STREAM_BYTES = 16_777_216;
const SHUTDOWN_MS = 5_000;
const OUTPUT = 'evt.v1.inference.output.recorded';
const DURABLE = '$JS.API.CONSUMER.INFO.INFERENCE.anchor-worker-inference';

describe('a delivery', () => {
  const logger = silentLogger();
  let nats: TestNats;
  let meshes: Mesh[];
  let shutdown: Shutdown;
  let sizes: number[];
  let release: () => void;

  beforeEach(async () => {
    nats = testNats();
    meshes = [];
    shutdown = new Shutdown(logger, SHUTDOWN_MS);
    sizes = [];
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
    const accept = async ({ leaves }: Accepted) => {
      sizes.push(leaves.length);
      if (sizes.length === 1) await held;
      return { leaves: leaves.length, entries: 0, batches: 0 };
    };
    const intake = new Intake(
      { accept },
      { leavesAccepted: () => undefined, entriesAppended: () => undefined },
      { nodeId: 'node-1', nowMs: () => 0 },
    );
    // Neither stages nor chain: what is taken in stays where it is.
    const pipeline = { start: () => undefined, stop: async () => undefined };
    const reader = {} as AnchorReader;
    const [registry, mesh] = [new Registry(), await connect('anchor-worker')];
    const metrics = new AnchorMetrics(registry, reader);
    const none = async () => [];
    const progress = new LeafProgress(
      { sealed: none, covered: none, anchored: none },
      metrics,
      new FollowedTraces(() => 0),
      logger,
      () => 0,
    );
    const health = new HealthRegistry();
    const runner = new PipelineRunner(
      { pipeline, intake, targets: [] } as unknown as CreatedPipeline,
      reader,
      metrics,
      progress,
      new SigningKeys({ keys: async () => [outputKeyEntry] }, () => 0),
      new Consumers({ mesh, metrics: createMeshMetrics(registry), logger, health, shutdown }),
      health,
      shutdown,
    );
    await runner.onApplicationBootstrap();
    return mesh;
  }

  it.each([
    [INTAKE_MESSAGES_MAX, [1, INTAKE_MESSAGES_MAX]],
    [INTAKE_MESSAGES_MAX + 1, [1, INTAKE_MESSAGES_MAX, 1]],
  ])('of %d that wait behind one: %j', async (count, expected) => {
    const { nc } = await start();
    const publisher = new EventPublisher({ nc: (await connect('inference-gateway')).nc });
    const publish = (label: string) =>
      publisher.publish(OUTPUT, recordedOutput(label), { msgId: `id-${label}` });
    await publish('first');
    await waitUntil(() => sizes.length === 1);
    await Promise.all(Array.from({ length: count }, (_, index) => publish(String(index))));
    await waitUntil(async () => {
      const info = await nc.request(DURABLE);
      return info.json<{ num_ack_pending: number }>().num_ack_pending === count + 1;
    });
    release();
    await waitUntil(() => sizes.reduce((sum, size) => sum + size, 0) === count + 1);
    expect(sizes).toEqual(expected);
  });
});

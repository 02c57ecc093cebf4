import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { meshUsers, type MeshUser, type ServiceName } from '@touchstone/contracts';
import { startNats, type RunningNats } from '@touchstone/embedded';
import { waitUntil } from '@touchstone/testing';
import {
  connectMesh,
  consumeDurable,
  consumeDurableBatch,
  EventPublisher,
  provision,
  type Mesh,
  type RunningConsumer,
} from '../src/index.js';
import { entry, RecordingLogger, RecordingMetrics } from './mesh-harness.js';

const SUBJECT = 'evt.v1.anchor.entry.appended';
const PASSWORD = 'restart';

describe('a restart of the server', () => {
  const logger = new RecordingLogger();
  let folder: string;
  let server: RunningNats;
  let open: Mesh[];
  let running: RunningConsumer[];

  const start = (port?: number): Promise<RunningNats> =>
    startNats({
      storeDir: folder,
      ...(port === undefined ? {} : { port }),
      announce: () => undefined,
      accounts: [
        {
          name: 'mesh',
          users: Object.entries(meshUsers(['node-1'])).map(([user, permissions]) => ({
            user,
            password: PASSWORD,
            permissions,
          })),
        },
      ],
    });

  async function connect(service: MeshUser, metrics = new RecordingMetrics()): Promise<Mesh> {
    const mesh = await connectMesh({
      url: server.url,
      user: service,
      password: PASSWORD,
      service,
      logger,
      metrics,
    });
    open.push(mesh);
    return mesh;
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nats-restart-'));
    open = [];
    running = [];
    server = await start();
    const provisioner = await connect('provisioner');
    await provision(provisioner.nc, { maxBytes: 16_777_216, ackWaitMs: 2_000 });
  });
  afterEach(async () => {
    await Promise.all(running.map((consumer) => consumer.stop()));
    await Promise.all(open.map((mesh) => mesh.close()));
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function restart(downMs: number): Promise<void> {
    const { port } = server;
    await server.stop();
    await new Promise((resolve) => setTimeout(resolve, downMs));
    server = await start(port);
    expect(server.port).toBe(port);
  }

  it.each(['one by one', 'in batches'])('loses no event and stops no consumer (%s)', async (style) => {
    const seen = new Set<string>();
    const { nc } = await connect('proof-service');
    const common = { nc, durable: 'proof-service-anchor', logger } as const;
    running.push(
      style === 'in batches'
        ? await consumeDurableBatch({
            ...common,
            maxMessages: 50,
            maxWaitMs: 20,
            handler: async (messages) => messages.forEach(({ msgId }) => seen.add(msgId)),
          })
        : await consumeDurable({
            ...common,
            handler: async ({ msgId }) => void seen.add(msgId),
          }),
    );
    const events = new EventPublisher({
      nc: (await connect('anchor-worker')).nc,
      attemptsMax: 20,
      timeoutMs: 1_000,
    });
    const sequences: number[] = [];
    let publishing = true;
    const publisher = (async () => {
      for (let index = 1; publishing; index += 1) {
        const receipt = await events.publish(SUBJECT, entry(index), { msgId: `id-${index}` });
        sequences.push(receipt.streamSequence);
      }
    })();
    await waitUntil(() => seen.size > 100);
    await restart(300);
    const before = sequences.length;
    await waitUntil(() => sequences.length > before + 100, 20_000, 'publications after the restart');
    publishing = false;
    await publisher;
    const ids = sequences.map((_, place) => `id-${place + 1}`);
    // A server that stops takes its consumers away before its streams, and acknowledges and drops what comes in between.
    // Relays publish again what was acknowledged shortly before a connection ended.
    for (const [place, msgId] of ids.slice(0, before).entries())
      await events.publish(SUBJECT, entry(place + 1), { msgId });
    await waitUntil(() => ids.every((id) => seen.has(id)), 20_000, 'every event');
    // The retry after an unanswered publication stored nothing twice. Places of what was dropped are given again.
    const later = sequences.slice(before);
    expect(new Set(later).size).toBe(later.length);
  });

  it('is seen in the status, in the figures and in the log', async () => {
    const metrics = new RecordingMetrics();
    const mesh = await connect('signer', metrics);
    expect(mesh.status()).toBe('connected');
    const { port } = server;
    await server.stop();
    await waitUntil(() => mesh.status() === 'reconnecting');
    server = await start(port);
    await waitUntil(() => mesh.status() === 'connected', 10_000);
    const types = metrics.samples.map(({ labels }) => labels['type']);
    expect(types).toEqual(expect.arrayContaining(['disconnect', 'reconnect']));
    await mesh.close();
    expect(mesh.status()).toBe('closed');
  });

  it('does not keep a connection from closing while the server is away', async () => {
    const mesh = await connect('signer');
    await server.stop();
    await waitUntil(() => mesh.status() === 'reconnecting');
    await mesh.close();
    expect(mesh.status()).toBe('closed');
    server = await start();
  });

  it.each([
    ['a wrong password', 'signer', 'unauthenticated'],
    ['an unknown user', 'nobody', 'unauthenticated'],
  ])('is not needed to refuse %s', async (_name, user, code) => {
    const service: ServiceName = 'signer';
    const wrong = connectMesh({ url: server.url, user, password: 'wrong', service, logger });
    await expect(wrong).rejects.toMatchObject({ code });
  });

  it('is awaited by nobody at the first connection', async () => {
    const wrong = connectMesh({
      url: 'nats://127.0.0.1:1',
      user: 'signer',
      password: 'x',
      service: 'signer',
      logger,
    });
    await expect(wrong).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});

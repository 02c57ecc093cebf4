import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { PUBLISH_ATTEMPTS_MAX } from '../src/jetstream/event-publisher.js';
import { connectMesh, EventPublisher, type Mesh } from '../src/index.js';
import { entry, MeshHarness, RecordingMetrics } from './mesh-harness.js';
import { Wire } from './wire.js';

const SUBJECT = 'evt.v1.anchor.entry.appended';

describe('publishing events', () => {
  let harness: MeshHarness;
  let metrics: RecordingMetrics;
  beforeEach(() => {
    harness = new MeshHarness();
    metrics = new RecordingMetrics();
  });
  afterEach(() => harness.close());

  async function publisher(
    options: { attemptsMax?: number; timeoutMs?: number } = {},
  ): Promise<EventPublisher> {
    const { nc } = await harness.connect('anchor-worker');
    return new EventPublisher({ nc, metrics, ...options });
  }

  it('resolves with the place in the stream', async () => {
    await harness.provision();
    const events = await publisher();
    expect(await events.publish(SUBJECT, entry(1), { msgId: 'a' })).toEqual({
      stream: 'ANCHOR',
      streamSequence: 1,
      duplicate: false,
    });
  });

  it('stores a second publication with the same id only once', async () => {
    await harness.provision();
    const events = await publisher();
    await events.publish(SUBJECT, entry(1), { msgId: 'a' });
    expect(await events.publish(SUBJECT, entry(1), { msgId: 'a' })).toMatchObject({
      streamSequence: 1,
      duplicate: true,
    });
    expect(await events.publish(SUBJECT, entry(2), { msgId: 'b' })).toMatchObject({ streamSequence: 2 });
    expect(metrics.samples.map(({ labels }) => labels['result'])).toEqual(['ok', 'duplicate', 'ok']);
  });

  it('sends stored bytes as they are, many at the same time', async () => {
    await harness.provision();
    const events = await publisher();
    const bytes = (index: number) => new TextEncoder().encode(JSON.stringify(entry(index)));
    const receipts = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        events.publish(SUBJECT, bytes(index), { msgId: `id-${index}` }),
      ),
    );
    expect(receipts.map(({ streamSequence }) => streamSequence)).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
  });

  it('is the publish port of an outbox relay', async () => {
    await harness.provision();
    const { publishStored } = await publisher();
    const bytes = new TextEncoder().encode(JSON.stringify(entry(1)));
    await publishStored(SUBJECT, bytes, { msgId: 'a', headers: {} });
    await expect(publishStored('evt.v1.unknown.thing.done', bytes, { msgId: 'b' })).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  it('refuses an event that does not fit its schema', async () => {
    const events = await publisher();
    const bad = { ...entry(1), logIndex: '-1' };
    await expect(events.publish(SUBJECT, bad, { msgId: 'a' })).rejects.toMatchObject({
      code: 'validation-failed',
    });
  });

  it('refuses an event beyond the payload limit of the server and takes one at the limit', async () => {
    await harness.provision();
    const { nc } = await harness.connect('anchor-worker');
    const events = new EventPublisher({ nc });
    const max = nc.info?.max_payload ?? 0;
    const tooLarge = events.publish(SUBJECT, new Uint8Array(max + 1), { msgId: 'a' });
    await expect(tooLarge).rejects.toMatchObject({ code: 'body-too-large' });
    const withHeaders = events.publish(SUBJECT, new Uint8Array(max), { msgId: 'c' });
    await expect(withHeaders).rejects.toMatchObject({ code: 'body-too-large' });
    const headerRoom = 1_024;
    const fits = events.publish(SUBJECT, new Uint8Array(max - headerRoom), { msgId: 'b' });
    await expect(fits).resolves.toMatchObject({ stream: 'ANCHOR' });
  });

  it('does not let a service publish the event of another', async () => {
    await harness.provision();
    const { nc } = await harness.connect('signer');
    // At once: a try that waited for an acknowledgement would outlast this test.
    const forged = new EventPublisher({ nc, timeoutMs: 60_000 }).publish(SUBJECT, entry(1), { msgId: 'a' });
    await expect(forged).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('tries again while no stream takes the event, with the same id', async () => {
    const events = await publisher();
    const published = events.publish(SUBJECT, entry(1), { msgId: 'a' });
    await harness.provision();
    await expect(published).resolves.toMatchObject({ stream: 'ANCHOR', streamSequence: 1 });
  });

  it('gives up when no stream takes the event', async () => {
    const events = await publisher({ attemptsMax: 1 });
    await expect(events.publish(SUBJECT, entry(1), { msgId: 'a' })).rejects.toMatchObject({
      code: 'dependency-unavailable',
      retryable: true,
    });
  });

  describe('over a line on which attempts are counted', () => {
    let wire: Wire;
    let mesh: Mesh;
    beforeEach(async () => {
      wire = await Wire.to(harness.nats.url);
      const login = harness.nats.login('anchor-worker');
      mesh = await connectMesh({ url: wire.url, ...login, service: 'anchor-worker', logger: harness.logger });
    });
    afterEach(async () => {
      await mesh.close();
      await wire.close();
    });

    const attempts = () => wire.count(`HPUB ${SUBJECT} `);

    it('succeeds with attempt PUBLISH_ATTEMPTS_MAX', async () => {
      const { nc } = await harness.connect('provisioner');
      const jsm = await jetstreamManager(nc, { checkAPI: false });
      wire.beforeAnswer = (answer) => {
        if (!answer.includes('NATS/1.0 503') || attempts() < PUBLISH_ATTEMPTS_MAX - 1) return undefined;
        wire.beforeAnswer = () => undefined;
        return jsm.streams.add({ name: 'ANCHOR', subjects: [SUBJECT] });
      };
      const receipt = await new EventPublisher({ nc: mesh.nc }).publish(SUBJECT, entry(1), { msgId: 'a' });
      expect(receipt).toMatchObject({ stream: 'ANCHOR', streamSequence: 1, duplicate: false });
      expect(attempts()).toBe(PUBLISH_ATTEMPTS_MAX);
    });

    it('makes no further attempt, and leaves the event to the outbox', async () => {
      const published = new EventPublisher({ nc: mesh.nc }).publish(SUBJECT, entry(1), { msgId: 'a' });
      await expect(published).rejects.toMatchObject({ code: 'dependency-unavailable', retryable: true });
      expect(attempts()).toBe(PUBLISH_ATTEMPTS_MAX);
      expect(wire.count('Nats-Msg-Id: a')).toBe(PUBLISH_ATTEMPTS_MAX);
    });
  });
});

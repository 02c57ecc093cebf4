import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  durablesOf,
  streamKeeping,
  streams,
  UNREAD_STREAM_AGE_MS,
  type StreamName,
} from '@touchstone/contracts';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { waitUntil } from '@touchstone/testing';
import {
  consumeDurable,
  consumeDurableBatch,
  EventPublisher,
  provision,
  type RunningConsumer,
} from '../src/index.js';
import { STREAM_FULL_SHARE, STREAM_WARNING_SHARE, StreamUsage } from '../src/jetstream/stream-usage.js';
import { MeshHarness, RecordingMetrics } from './mesh-harness.js';

const SUBJECT = 'evt.v1.anchor.entry.appended';
const MIB = 1_048_576;
const STREAM_BYTES = 8 * MIB;
const ENTRY_BYTES = 65_000;

describe('streams', () => {
  let harness: MeshHarness;
  let jsm: JetStreamManager;
  let running: RunningConsumer[];

  beforeEach(async () => {
    harness = new MeshHarness();
    running = [];
    await harness.provision({ maxBytes: STREAM_BYTES });
    jsm = await jetstreamManager((await harness.connect('provisioner')).nc);
  });
  afterEach(async () => {
    await Promise.all(running.map((consumer) => consumer.stop()));
    await harness.close();
  });

  const state = async (stream: StreamName) => (await jsm.streams.info(stream)).state;
  const publisher = async () => new EventPublisher({ nc: (await harness.connect('anchor-worker')).nc });
  const largeEntry = (index: number) => ({ logIndex: String(index), entry: 'x'.repeat(ENTRY_BYTES) });

  it('of 8 MiB carry 200 MiB while consumers read: nothing is refused and nothing is lost (D1)', async () => {
    const count = Math.ceil((200 * MIB) / ENTRY_BYTES);
    const unreadMax = 64;
    let handled = 0;
    const seen = new Set<string>();
    running.push(
      await consumeDurableBatch({
        nc: (await harness.connect('proof-service')).nc,
        durable: 'proof-service-anchor',
        logger: harness.logger,
        maxMessages: 32,
        maxWaitMs: 5,
        handler: async (messages) => {
          for (const { msgId } of messages) seen.add(msgId);
          handled += messages.length;
        },
      }),
    );
    const events = await publisher();
    for (let index = 0; index < count; index += 1) {
      // Consumers keep up; what they do not read has to fit.
      if (index - handled >= unreadMax) await waitUntil(() => index - handled < unreadMax, 20_000);
      await events.publish(SUBJECT, largeEntry(index), { msgId: `id-${index}` });
    }
    await waitUntil(() => seen.size === count, 20_000, 'every event');
    await waitUntil(async () => (await state('ANCHOR')).messages === 0);
    expect((await state('ANCHOR')).last_seq).toBe(count);
  }, 120_000);

  it.each(Object.keys(streams) as StreamName[])('keep what %s has to keep', async (name) => {
    const { config } = await jsm.streams.info(name);
    expect({ retention: config.retention, discard: config.discard, direct: config.allow_direct }).toEqual(
      streamKeeping(name) === 'until-read'
        ? { retention: 'interest', discard: 'new', direct: false }
        : { retention: 'limits', discard: 'old', direct: false },
    );
    if (streamKeeping(name) === 'an-hour') expect(config.max_age).toBe(UNREAD_STREAM_AGE_MS * 1_000_000);
    for (const durable of durablesOf(name)) {
      const consumer = await jsm.consumers.info(name, durable.name);
      expect(consumer.config.filter_subject ?? streams[name][0]).toBe(durable.filter);
    }
  });

  it('keep an event until the last of their durables has read it', async () => {
    const { nc } = await harness.connect('inference-gateway');
    await nc.request('evt.v1.inference.commitment.published', '{}', { timeout: 2_000 });
    const consume = async (service: 'anchor-worker' | 'proof-service') => {
      const mesh = await harness.connect(service);
      const durable = `${service}-inference` as const;
      running.push(
        await consumeDurable({
          nc: mesh.nc,
          durable,
          logger: harness.logger,
          handler: async () => undefined,
        }),
      );
    };
    const acknowledged = async (durable: string) =>
      (await jsm.consumers.info('INFERENCE', durable)).ack_floor.stream_seq === 1;
    // Neither can read the body; a dead letter ends a delivery as well.
    await consume('anchor-worker');
    await waitUntil(() => acknowledged('anchor-worker-inference'));
    expect((await state('INFERENCE')).messages).toBe(1);
    await consume('proof-service');
    await waitUntil(async () => (await state('INFERENCE')).messages === 0);
  });

  it('take no event before their durables are there, however provisioning was interrupted', async () => {
    await jsm.streams.delete('ANCHOR');
    const events = await publisher();
    let refused = 0;
    let stop = false;
    const published: string[] = [];
    const publishing = (async () => {
      for (let index = 0; !stop; index += 1) {
        const msgId = `id-${index}`;
        await events.publish(SUBJECT, { logIndex: '1', entry: 'e' }, { msgId }).then(
          () => published.push(msgId),
          () => (refused += 1),
        );
      }
    })();
    await waitUntil(() => refused > 0);
    const { nc } = await harness.connect('provisioner');
    // A run that ended after it had made the stream.
    const { config } = await jsm.streams.info('PAYMENT');
    await jsm.streams.add({ ...config, name: 'ANCHOR', subjects: ['provisioning.ANCHOR'] });
    await provision(nc, { maxBytes: STREAM_BYTES });
    await waitUntil(() => published.length > 20);
    stop = true;
    await publishing;
    expect((await state('ANCHOR')).messages).toBe(published.length);
  });

  it('make room for a dead letter when there are too many (D2)', async () => {
    const { nc } = await harness.connect('proof-service');
    const body = new Uint8Array(900_000);
    for (let index = 1; index <= 12; index += 1)
      await nc.request(`dlq.proof-service.proof-service-anchor.ANCHOR.${index}`, body, { timeout: 5_000 });
    const { messages, last_seq: last } = await state('DLQ');
    expect(last).toBe(12);
    expect(messages).toBeLessThan(12);
  });

  it('that fill are named before they refuse an event, and a service that needs them is not ready', async () => {
    const metrics = new RecordingMetrics();
    const { nc } = await harness.connect('anchor-worker');
    const usage = new StreamUsage({ nc, streams: ['ANCHOR', 'DLQ'], logger: harness.logger, metrics });
    const events = await publisher();
    let index = 0;
    const fillTo = async (share: number) => {
      while ((await state('ANCHOR')).bytes < share * STREAM_BYTES)
        await events.publish(SUBJECT, largeEntry(index), { msgId: `id-${(index += 1)}` });
      await usage.look();
    };
    const warned = () =>
      harness.logger.lines.filter(({ level, fields }) => level === 'warn' && fields['stream']);
    await fillTo(0.5);
    expect(warned()).toEqual([]);
    await fillTo(STREAM_WARNING_SHARE);
    expect(warned()).toHaveLength(1);
    expect(() => usage.check()).not.toThrow();
    await fillTo(STREAM_FULL_SHARE);
    expect(() => usage.check()).toThrow(/Stream ANCHOR is 9[5-9] % full/);
    expect(metrics.samples.at(-2)).toMatchObject({ name: 'streamUsed', labels: { stream: 'ANCHOR' } });
    // Not red because it refuses: there is still room.
    await events.publish(SUBJECT, largeEntry(index), { msgId: 'one more' });
    running.push(
      await consumeDurable({
        nc: (await harness.connect('proof-service')).nc,
        durable: 'proof-service-anchor',
        logger: harness.logger,
        handler: async () => undefined,
      }),
    );
    await waitUntil(async () => (await state('ANCHOR')).messages === 0);
    await usage.look();
    expect(() => usage.check()).not.toThrow();
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { durables, replayDurable, streams } from '@touchstone/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { delay } from '@nats-io/nats-core';
import { assertProvisioned, EventPublisher, provision } from '../src/index.js';
import { entry, MeshHarness } from './mesh-harness.js';

const SMALL = { maxBytes: 16_777_216 };

describe('provisioning', () => {
  let harness: MeshHarness;
  beforeEach(() => {
    harness = new MeshHarness();
  });
  afterEach(() => harness.close());

  it('creates everything once, and changes nothing when it runs again', async () => {
    const { nc } = await harness.connect('provisioner');
    const names = [
      ...Object.keys(streams),
      ...durables.flatMap((durable) => [durable.name, replayDurable(durable).name]),
    ];
    const first = await provision(nc, SMALL);
    expect(first).toMatchObject({ updated: [], unchanged: [], unread: [] });
    expect([...first.created].sort()).toEqual([...names].sort());
    const second = await provision(nc, SMALL);
    expect(second).toMatchObject({ created: [], updated: [], unread: [] });
    expect([...second.unchanged].sort()).toEqual([...names].sort());
  });

  it('updates what differs', async () => {
    const { nc } = await harness.connect('provisioner');
    await provision(nc, SMALL);
    const report = await provision(nc, { ...SMALL, maxAgeDays: 3, ackWaitMs: 5_000 });
    expect(report.created).toEqual([]);
    // Dead letters keep their own age, and so does what nobody reads.
    expect(report.unchanged).toEqual(['EVENTS', 'DLQ']);
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    expect((await jsm.streams.info('ANCHOR')).config.max_age).toBe(3 * 86_400_000 * 1_000_000);
    expect((await jsm.consumers.info('ANCHOR', 'proof-service-anchor')).config.ack_wait).toBe(5_000_000_000);
  });

  it('bounds a stream by its bytes: an event that no longer fits is refused, and none is lost', async () => {
    const { nc } = await harness.connect('provisioner');
    await provision(nc, SMALL);
    const events = new EventPublisher({ nc: (await harness.connect('anchor-worker')).nc });
    const publish = (index: number) =>
      events.publish('evt.v1.anchor.entry.appended', entry(index), { msgId: `id-${index}` });
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const stored = async () => (await jsm.streams.info('ANCHOR')).state;
    await publish(1);
    const { bytes } = await stored();
    await provision(nc, { maxBytes: 2 * bytes });
    await publish(2);
    expect(await stored()).toMatchObject({ bytes: 2 * bytes });
    await expect(publish(3)).rejects.toMatchObject({ code: 'dependency-unavailable', retryable: true });
    expect(await stored()).toMatchObject({ bytes: 2 * bytes, first_seq: 1, last_seq: 2 });
    await provision(nc, { maxBytes: 3 * bytes });
    expect(await publish(3)).toMatchObject({ streamSequence: 3, duplicate: false });
  });

  it('makes no stream so small or so forgetful that the server drops what is unread', async () => {
    const { nc } = await harness.connect('provisioner');
    await provision(nc, SMALL);
    const events = new EventPublisher({ nc: (await harness.connect('anchor-worker')).nc });
    const publish = (index: number) =>
      events.publish('evt.v1.anchor.entry.appended', entry(index), { msgId: `id-${index}` });
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const anchor = () => jsm.streams.info('ANCHOR');
    await publish(1);
    const { bytes } = (await anchor()).state;
    const refused = {
      code: 'conflict',
      message: expect.stringMatching(/drop what nobody has read: ANCHOR /),
    };
    await expect(provision(nc, { maxBytes: 2 * bytes - 1 })).rejects.toMatchObject(refused);
    await delay(20);
    await expect(provision(nc, { ...SMALL, maxAgeDays: 10 / 86_400_000 })).rejects.toMatchObject(refused);
    expect(await anchor()).toMatchObject({
      config: { max_bytes: SMALL.maxBytes, max_age: 7 * 86_400_000 * 1_000_000 },
      state: { messages: 1, first_seq: 1 },
    });
    await provision(nc, { maxBytes: 2 * bytes });
    expect(await anchor()).toMatchObject({ config: { max_bytes: 2 * bytes }, state: { messages: 1 } });
    await jsm.streams.purge('ANCHOR');
    await provision(nc, { maxBytes: bytes });
    expect((await anchor()).config.max_bytes).toBe(bytes);
  });

  it('is refused to a service', async () => {
    const { nc } = await harness.connect('signer');
    await expect(provision(nc, SMALL)).rejects.toMatchObject({
      code: expect.stringMatching(/^(forbidden|dependency)/),
    });
  });

  it('lets a service check its streams and its own durables', async () => {
    await harness.provision();
    const { nc } = await harness.connect('proof-service');
    await assertProvisioned(nc, { streams: ['ANCHOR', 'DLQ'], durables: ['proof-service-anchor'] });
  });

  it('names everything that is missing and says what to run', async () => {
    const { nc } = await harness.connect('proof-service');
    await expect(
      assertProvisioned(nc, { streams: ['ANCHOR'], durables: ['proof-service-anchor'] }),
    ).rejects.toMatchObject({
      code: 'dependency-unavailable',
      message: 'NATS has no stream ANCHOR, durable proof-service-anchor: run nats-provision first.',
    });
  });

  it('does not let a service look at the durable of another', async () => {
    await harness.provision();
    const { nc } = await harness.connect('signer');
    await expect(assertProvisioned(nc, { durables: ['proof-service-anchor'] })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

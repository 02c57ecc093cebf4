import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { streams } from '@touchstone/contracts';
import { jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { assertProvisioned, consumeDurable, EventPublisher, provision, runProvision } from '../src/index.js';
import { streamConfig } from '../src/jetstream/stream-config.js';
import { entry } from './mesh-harness.js';
import { OwnServer } from './own-server.js';

const MIB = 1_048_576;
const STREAM_BYTES = 8 * MIB;
const NEEDED = Object.keys(streams).length * STREAM_BYTES;

describe('provisioning a server of somebody else', () => {
  let server: OwnServer;
  beforeEach(() => {
    server = new OwnServer();
  });
  afterEach(() => server.close());

  const environment = () => ({
    NATS_URL: server.url,
    NATS_PASSWORD: server.login('provisioner').password,
    TOUCHSTONE_NATS_STREAM_MAX_BYTES: String(STREAM_BYTES),
  });
  const manager = async () => jetstreamManager((await server.connect('provisioner')).nc);

  it('with too little room makes nothing and says what it needs, what there is and what changes it', async () => {
    await server.start({ fileStoreBytesMax: 40 * MIB });
    await expect(runProvision(environment(), server.logger)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      message: expect.stringMatching(
        new RegExp(
          `needed ${NEEDED} bytes, had ${40 * MIB}\\..*jetstream { max_file_store }.*TOUCHSTONE_NATS_STREAM_MAX_BYTES`,
        ),
      ),
    });
    expect(await (await manager()).streams.list().next()).toEqual([]);
    const { nc } = await server.connect('anchor-worker');
    await expect(assertProvisioned(nc, { streams: ['ANCHOR', 'DLQ'] })).rejects.toMatchObject({
      message: 'NATS has no stream ANCHOR, stream DLQ: run nats-provision first.',
    });
    await server.stop();
    await server.start({ fileStoreBytesMax: NEEDED });
    const report = await runProvision(environment(), server.logger);
    expect(report.created).toEqual(expect.arrayContaining(Object.keys(streams)));
    const { nc: restarted } = await server.connect('anchor-worker');
    await assertProvisioned(restarted, { streams: ['ANCHOR', 'DLQ'] });
  });

  it('counts only what has to be reserved anew', async () => {
    await server.start({ fileStoreBytesMax: NEEDED + MIB });
    await runProvision(environment(), server.logger);
    expect(await runProvision(environment(), server.logger)).toMatchObject({ created: [], updated: [] });
    const more = { ...environment(), TOUCHSTONE_NATS_STREAM_MAX_BYTES: String(STREAM_BYTES + MIB) };
    await expect(runProvision(more, server.logger)).rejects.toThrow(
      `needed ${Object.keys(streams).length * MIB} bytes, had ${MIB}.`,
    );
  });

  it('names the key for copies that the servers cannot hold', async () => {
    await server.start();
    const environments = { ...environment(), TOUCHSTONE_NATS_REPLICAS: '3' };
    await expect(runProvision(environments, server.logger)).rejects.toThrow(/TOUCHSTONE_NATS_REPLICAS is 3/);
  });

  it('refuses an argument that it does not know', async () => {
    await server.start();
    await expect(runProvision(environment(), server.logger, ['--force'])).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  describe('with streams of an older version', () => {
    beforeEach(async () => {
      await server.start();
      const jsm = await manager();
      for (const name of ['ANCHOR', 'SIGNING', 'PROVING'] as const) {
        const config = {
          ...streamConfig(name, { maxBytes: STREAM_BYTES }),
          retention: RetentionPolicy.Limits,
        };
        await jsm.streams.add(config);
      }
      await jsm.consumers.add('ANCHOR', {
        durable_name: 'proof-service-anchor',
        ack_policy: 'explicit',
        filter_subject: 'evt.v1.anchor.>',
      });
      const { nc } = await server.connect('anchor-worker');
      const events = new EventPublisher({ nc });
      for (const index of [1, 2, 3])
        await events.publish('evt.v1.anchor.entry.appended', entry(index), { msgId: `id-${index}` });
      const signer = await server.connect('signer');
      await signer.nc.request('evt.v1.signing.key-set.changed', '{}');
    });

    it('changes nothing without being told, and says what to do', async () => {
      await expect(runProvision(environment(), server.logger)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/ANCHOR, SIGNING.*--recreate.*stream-full\.md/),
      });
      expect((await (await manager()).streams.names().next()).sort()).toEqual([
        'ANCHOR',
        'PROVING',
        'SIGNING',
      ]);
    });

    it('makes one again without being told into which nothing was ever written', async () => {
      const jsm = await manager();
      for (const name of ['ANCHOR', 'SIGNING']) await jsm.streams.delete(name);
      const report = await runProvision(environment(), server.logger);
      expect(report.created).toEqual(expect.arrayContaining(['PROVING', 'proof-service-proving']));
      expect(report.unread).toEqual([]);
      expect((await jsm.streams.info('PROVING')).config.retention).toBe('interest');
    });

    it('asks before it makes one again that is empty and was not always', async () => {
      const jsm = await manager();
      await jsm.streams.delete('ANCHOR');
      await jsm.streams.purge('SIGNING');
      await expect(runProvision(environment(), server.logger)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/Of an older version: SIGNING\./),
      });
      expect((await jsm.streams.info('PROVING')).config.retention).toBe('limits');
    });

    it('makes them again once everything is read', async () => {
      const { nc } = await server.connect('proof-service');
      const jsm = await manager();
      await jsm.streams.add({
        name: 'REPLAY',
        subjects: ['replay.v1.>'],
        retention: RetentionPolicy.Interest,
      });
      await jsm.consumers.add('REPLAY', {
        durable_name: 'proof-service-anchor-replay',
        ack_policy: 'explicit',
      });
      let handled = 0;
      const consumer = await consumeDurable({
        nc,
        durable: 'proof-service-anchor',
        logger: server.logger,
        handler: async () => {
          await new Promise((resolve) => setTimeout(resolve, 300));
          handled += 1;
        },
      });
      const report = await runProvision(environment(), server.logger, ['--recreate']);
      await consumer.stop();
      expect(handled).toBe(3);
      expect(report.unread).toEqual([]);
      expect(report.created).toEqual(expect.arrayContaining(['ANCHOR', 'SIGNING', 'proof-service-anchor']));
      const { config, state } = await jsm.streams.info('ANCHOR');
      expect(config.retention).toBe('interest');
      expect(state.last_seq).toBe(0);
    });

    it('says what was unread when nobody reads', async () => {
      const { nc } = await server.connect('provisioner');
      const report = await provision(nc, { maxBytes: STREAM_BYTES, recreate: true });
      expect(report.unread).toEqual([{ stream: 'ANCHOR', messages: 3 }]);
      expect(await provision(nc, { maxBytes: STREAM_BYTES })).toMatchObject({
        created: [],
        updated: [],
        unread: [],
      });
    });
  });
});

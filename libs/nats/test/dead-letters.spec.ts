import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import {
  consumeDurable,
  EventPublisher,
  listDeadLetters,
  replayDeadLetter,
  showDeadLetter,
  type EventMessage,
  type RunningConsumer,
} from '../src/index.js';
import { entry, MeshHarness } from './mesh-harness.js';

const SUBJECT = 'evt.v1.anchor.entry.appended';

describe('dead letters', () => {
  let harness: MeshHarness;
  let consumer: RunningConsumer | undefined;
  let refuse = true;
  let handled: EventMessage[] = [];
  let buried = 0;

  beforeEach(async () => {
    harness = new MeshHarness();
    refuse = true;
    handled = [];
    buried = 0;
    await harness.provision();
    const { nc } = await harness.connect('proof-service');
    consumer = await consumeDurable({
      nc,
      durable: 'proof-service-anchor',
      logger: harness.logger,
      onDeadLetter: () => void (buried += 1),
      handler: async (message) => {
        if (refuse) throw new AppError('conflict', 'Another record has this id.');
        handled.push(message);
      },
    });
  });
  afterEach(async () => {
    await consumer?.stop();
    await harness.close();
  });

  async function bury(count: number): Promise<void> {
    const events = new EventPublisher({ nc: (await harness.connect('anchor-worker')).nc });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    for (let index = 1; index <= count; index += 1) {
      await events.publish(SUBJECT, entry(index), { msgId: `id-${index}`, headers: { traceparent } });
    }
    await waitUntil(() => buried === count);
  }

  it('are listed with where they come from and why', async () => {
    await bury(1);
    const { nc } = await harness.connect('operator');
    const { letters, next } = await listDeadLetters(nc);
    expect(next).toBeUndefined();
    expect(letters).toEqual([
      {
        sequence: 1,
        deadLetterSubject: 'dlq.proof-service.proof-service-anchor',
        originalSubject: SUBJECT,
        originalStream: 'ANCHOR',
        originalSequence: 1,
        code: 'conflict',
        deliveries: 1,
        msgId: 'id-1',
        bodyOmitted: false,
        buriedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ]);
  });

  it('are listed in pages and by durable', async () => {
    await bury(5);
    const { nc } = await harness.connect('operator');
    const first = await listDeadLetters(nc, { limit: 3 });
    expect(first.letters.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    const second = await listDeadLetters(nc, { limit: 3, ...(first.next ? { from: first.next } : {}) });
    expect(second.letters.map(({ sequence }) => sequence)).toEqual([4, 5]);
    expect((await listDeadLetters(nc, { service: 'signer' })).letters).toEqual([]);
    expect((await listDeadLetters(nc, { durable: 'proof-service-anchor' })).letters).toHaveLength(5);
  });

  it('are shown with their body', async () => {
    await bury(1);
    const { nc } = await harness.connect('operator');
    const letter = await showDeadLetter(nc, 1);
    expect(JSON.parse(new TextDecoder().decode(letter.body))).toEqual(entry(1));
    await expect(showDeadLetter(nc, 2)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('come back under their first id when replayed, once', async () => {
    await bury(1);
    refuse = false;
    const { nc } = await harness.connect('operator');
    const letter = await showDeadLetter(nc, 1);
    const events = await harness.connect('anchor-worker');
    const receipt = await replayDeadLetter(events.nc, letter);
    expect(receipt).toMatchObject({ stream: 'ANCHOR', streamSequence: 2, duplicate: false });
    expect(await replayDeadLetter(events.nc, letter)).toMatchObject({ duplicate: true });
    await waitUntil(() => handled.length === 1);
    expect(handled[0]).toMatchObject({ subject: SUBJECT, body: entry(1), msgId: 'id-1', streamSequence: 2 });
    expect(handled[0]?.headers['traceparent']).toContain('0af7651916cd43dd8448eb211c80319c');
  });

  it('are kept without body when a sender filled the payload to the last byte', async () => {
    const sender = await harness.connect('anchor-worker');
    const max = sender.nc.info?.max_payload ?? 0;
    await sender.nc.request(SUBJECT, new Uint8Array(max), { timeout: 2_000 });
    await waitUntil(() => buried === 1);
    const { nc } = await harness.connect('operator');
    const letter = await showDeadLetter(nc, 1);
    expect(letter).toMatchObject({ code: 'malformed-json', bodyOmitted: true, originalSequence: 1 });
    await expect(replayDeadLetter(sender.nc, letter)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('are not shown to a service', async () => {
    const { nc } = await harness.connect('signer');
    await expect(listDeadLetters(nc)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('are not replayed by a user that may not publish the event', async () => {
    await bury(1);
    const { nc } = await harness.connect('operator');
    await expect(replayDeadLetter(nc, await showDeadLetter(nc, 1))).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

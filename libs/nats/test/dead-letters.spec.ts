import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { waitUntil } from '@touchstone/testing';
import {
  consumeDurable,
  DEAD_LETTER_PAGE_MAX,
  deadLetterState,
  EventPublisher,
  listDeadLetters,
  replayDeadLetter,
  showDeadLetter,
  type EventMessage,
  type RunningConsumer,
} from '../src/index.js';
import { toAppError } from '../src/nats-errors.js';
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

  it('come DEAD_LETTER_PAGE_MAX at a time, however many are asked for', async () => {
    await bury(DEAD_LETTER_PAGE_MAX + 1);
    const { nc } = await harness.connect('operator');
    const limit = DEAD_LETTER_PAGE_MAX + 1;
    const { letters, next } = await listDeadLetters(nc, { limit });
    expect(letters).toHaveLength(DEAD_LETTER_PAGE_MAX);
    expect((await listDeadLetters(nc, { limit, from: next ?? 1 })).letters).toHaveLength(1);
  }, 30_000);

  it('are listed with where they come from and why', async () => {
    await bury(1);
    const { nc } = await harness.connect('operator');
    const { letters, next } = await listDeadLetters(nc);
    expect(next).toBeUndefined();
    expect(letters).toEqual([
      {
        sequence: 1,
        deadLetterSubject: 'dlq.proof-service.proof-service-anchor.ANCHOR.1',
        service: 'proof-service',
        durable: 'proof-service-anchor',
        originalSubject: SUBJECT,
        originalStream: 'ANCHOR',
        originalSequence: 1,
        code: 'conflict',
        reason: 'Another record has this id.',
        deliveries: 1,
        msgId: 'id-1',
        bodyOmitted: false,
        relayedFrom: undefined,
        buriedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        replayedAt: undefined,
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

  it('are listed by the subject of the message', async () => {
    await bury(2);
    const { nc } = await harness.connect('operator');
    const count = async (subject: string) => (await listDeadLetters(nc, { subject })).letters.length;
    expect(await count(SUBJECT)).toBe(2);
    expect(await count('evt.v1.anchor.>')).toBe(2);
    expect(await count('evt.v1.*.entry.appended')).toBe(2);
    expect(await count('evt.v1.anchor.*')).toBe(0);
    expect(await count('evt.v1.inference.>')).toBe(0);
  });

  it('come back to the consumer that gave up, under their first id, once', async () => {
    await bury(1);
    refuse = false;
    const { nc } = await harness.connect('operator');
    const letter = await showDeadLetter(nc, 1);
    expect(await replayDeadLetter(nc, letter)).toMatchObject({ stream: 'REPLAY', duplicate: false });
    expect(await replayDeadLetter(nc, letter)).toMatchObject({ duplicate: true });
    await waitUntil(async () => (await deadLetterState(nc, letter)).state === 'replayed');
    expect(handled).toHaveLength(1);
    expect(handled[0]).toMatchObject({ subject: SUBJECT, body: entry(1), msgId: 'id-1', streamSequence: 1 });
    expect(handled[0]?.headers['traceparent']).toContain('0af7651916cd43dd8448eb211c80319c');
  });

  it('leave a note when they were taken, which no second replay gets past', async () => {
    await bury(2);
    refuse = false;
    const { nc } = await harness.connect('operator');
    const letter = await showDeadLetter(nc, 1);
    await replayDeadLetter(nc, letter);
    await waitUntil(async () => (await deadLetterState(nc, letter)).state === 'replayed');
    expect((await listDeadLetters(nc)).letters.map(({ sequence }) => sequence)).toEqual([2]);
    const { letters } = await listDeadLetters(nc, { replayed: true });
    expect(letters.map(({ replayedAt }) => replayedAt === undefined)).toEqual([true, false]);
    await expect(replayDeadLetter(nc, letters[1] ?? letter)).rejects.toMatchObject({ code: 'conflict' });
    // A request that outlived the duplicate window finds the note instead of the body.
    await jetstream(nc, { checkAPI: false }).publish(
      'replay.v1.proof-service.proof-service-anchor.ANCHOR.1',
      new Uint8Array(0),
      { msgID: 'later' },
    );
    await replayDeadLetter(nc, await showDeadLetter(nc, 2));
    await waitUntil(() => handled.length === 2);
    expect(handled.map(({ msgId }) => msgId)).toEqual(['id-1', 'id-2']);
  });

  it('are replaced when their consumer gives up again', async () => {
    await bury(1);
    const { nc } = await harness.connect('operator');
    const letter = await showDeadLetter(nc, 1);
    await replayDeadLetter(nc, letter);
    await waitUntil(() => buried === 2);
    expect(await deadLetterState(nc, letter)).toEqual({
      state: 'buried-again',
      sequence: 2,
      code: 'conflict',
      reason: 'Another record has this id.',
    });
    refuse = false;
    const again = await showDeadLetter(nc, 2);
    expect(again).toMatchObject({ originalSequence: 1, msgId: 'id-1', deliveries: 1 });
    await replayDeadLetter(nc, again);
    await waitUntil(() => handled.length === 1);
    expect(handled[0]).toMatchObject({ body: entry(1), msgId: 'id-1', streamSequence: 1 });
  });

  it('say which member a malformed body got wrong', async () => {
    const events = new EventPublisher({ nc: (await harness.connect('anchor-worker')).nc });
    await events.publish(SUBJECT, new TextEncoder().encode('{"logIndex":"1","entry":7}'), { msgId: 'bad' });
    await waitUntil(() => buried === 1);
    const { letters } = await listDeadLetters((await harness.connect('operator')).nc);
    expect(letters[0]).toMatchObject({
      code: 'validation-failed',
      reason: expect.stringContaining('/entry'),
    });
  });

  it('are kept without body when a sender filled the payload to the last byte', async () => {
    const sender = await harness.connect('anchor-worker');
    const max = sender.nc.info?.max_payload ?? 0;
    await sender.nc.request(SUBJECT, new Uint8Array(max), { timeout: 2_000 });
    await waitUntil(() => buried === 1);
    const { nc } = await harness.connect('operator');
    const letter = await showDeadLetter(nc, 1);
    expect(letter).toMatchObject({ code: 'malformed-json', bodyOmitted: true, originalSequence: 1 });
    await expect(replayDeadLetter(nc, letter)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('are not shown to a service that takes no events', async () => {
    const { nc } = await harness.connect('attestation-hub');
    await expect(listDeadLetters(nc)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('are not brought back by a service, and their authors are not impersonated by the operator', async () => {
    await bury(1);
    const { nc } = await harness.connect('operator');
    const letter = await showDeadLetter(nc, 1);
    const { nc: service } = await harness.connect('signer');
    await expect(replayDeadLetter(service, letter)).rejects.toMatchObject({ code: 'forbidden' });
    for (const subject of [SUBJECT, letter.deadLetterSubject]) {
      await expect(
        nc.request(subject, letter.body, { timeout: 1_000 }).catch((error: unknown) => {
          throw toAppError(error, 'Publishing');
        }),
      ).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  it('are not read by a service that buries none', async () => {
    await bury(1);
    const { nc } = await harness.connect('attestation-hub');
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    await expect(
      jsm.streams.getMessage('DLQ', { seq: 1 }).catch((error: unknown) => {
        throw toAppError(error, 'Reading');
      }),
    ).rejects.toMatchObject({ code: 'forbidden' });
  });
});

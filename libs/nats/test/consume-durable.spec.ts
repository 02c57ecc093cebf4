import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { waitUntil } from '@touchstone/testing';
import {
  consumeDurable,
  DELIVERIES_MAX,
  EventPublisher,
  type ConsumeDurableOptions,
  type DeadLetterNotice,
  type EventMessage,
  type RunningConsumer,
} from '../src/index.js';
import { entry, gate, MeshHarness } from './mesh-harness.js';

const SUBJECT = 'evt.v1.anchor.entry.appended';
const QUICK = [10, 20, 30, 40, 50];

describe('consuming a durable one message at a time', () => {
  let harness: MeshHarness;
  let nc: NatsConnection;
  let events: EventPublisher;
  let running: RunningConsumer[];

  beforeEach(async () => {
    harness = new MeshHarness();
    running = [];
    await harness.provision({ ackWaitMs: 1_000 });
    ({ nc } = await harness.connect('proof-service'));
    events = new EventPublisher({ nc: (await harness.connect('anchor-worker')).nc });
  });
  afterEach(async () => {
    await Promise.all(running.map((consumer) => consumer.stop()));
    await harness.close();
  });

  async function publish(from: number, to: number): Promise<void> {
    for (let index = from; index <= to; index += 1) {
      await events.publish(SUBJECT, entry(index), { msgId: `id-${index}` });
    }
  }

  async function consume(
    handler: ConsumeDurableOptions['handler'],
    options: Partial<ConsumeDurableOptions> = {},
  ): Promise<RunningConsumer> {
    const consumer = await consumeDurable({
      nc,
      durable: 'proof-service-anchor',
      logger: harness.logger,
      redeliveryDelaysMs: QUICK,
      workingIntervalMs: 300,
      handler,
      ...options,
    });
    running.push(consumer);
    return consumer;
  }

  async function pendingAcks(): Promise<number> {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const info = await jsm.consumers.info('ANCHOR', 'proof-service-anchor');
    return info.num_ack_pending + info.num_pending;
  }

  async function deliveredAndOpen(): Promise<number> {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return (await jsm.consumers.info('ANCHOR', 'proof-service-anchor')).num_ack_pending;
  }

  it('hands over validated events in stream order, with id, sequence and delivery count', async () => {
    await publish(1, 50);
    const seen: EventMessage[] = [];
    await consume(async (message) => {
      // Uneven work would show handlers that overtake each other.
      await new Promise((resolve) => setTimeout(resolve, message.streamSequence % 3));
      seen.push(message);
    });
    await waitUntil(() => seen.length === 50);
    expect(seen.map(({ streamSequence }) => streamSequence)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
    expect(seen[0]).toMatchObject({ subject: SUBJECT, body: entry(1), msgId: 'id-1', deliveryCount: 1 });
    await waitUntil(async () => (await pendingAcks()) === 0);
  });

  it('runs as many handlers at once as it is told', async () => {
    await publish(1, 10);
    const hold = gate();
    let started = 0;
    await consume(
      async () => {
        started += 1;
        await hold.opened;
      },
      { concurrency: 3 },
    );
    await waitUntil(() => started === 3);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(started).toBe(3);
    hold.open();
    await waitUntil(() => started === 10);
  });

  it('delivers again after the delays of the table, and lets others pass', async () => {
    await publish(1, 3);
    const attempts: { sequence: number; count: number; at: number }[] = [];
    await consume(
      async ({ streamSequence, deliveryCount }) => {
        attempts.push({ sequence: streamSequence, count: deliveryCount, at: performance.now() });
        if (streamSequence === 1 && deliveryCount < 4) throw new Error('not yet');
      },
      { redeliveryDelaysMs: [100, 200, 400] },
    );
    await waitUntil(() => attempts.length === 6);
    const first = attempts.filter(({ sequence }) => sequence === 1);
    expect(first.map(({ count }) => count)).toEqual([1, 2, 3, 4]);
    const gaps = first.slice(1).map(({ at }, index) => at - (first[index]?.at ?? 0));
    expect(gaps.map((gap, index) => gap >= [95, 195, 395][index]!)).toEqual([true, true, true]);
    expect(attempts.slice(0, 3).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it('copies a message to the dead letters after the last delivery and does not deliver it again', async () => {
    await publish(1, 1);
    const counts: number[] = [];
    const notices: DeadLetterNotice[] = [];
    await consume(
      async ({ deliveryCount }) => {
        counts.push(deliveryCount);
        throw new AppError('internal', 'A defect.');
      },
      { onDeadLetter: (notice) => notices.push(notice) },
    );
    await waitUntil(() => notices.length === 1);
    expect(counts).toEqual(Array.from({ length: DELIVERIES_MAX }, (_, index) => index + 1));
    expect(notices[0]).toMatchObject({
      subject: SUBJECT,
      streamSequence: 1,
      deliveries: DELIVERIES_MAX,
      code: 'internal',
    });
    await waitUntil(async () => (await pendingAcks()) === 0);
  });

  it('buries a permanent refusal at the first delivery', async () => {
    await publish(1, 2);
    const notices: DeadLetterNotice[] = [];
    const seen: number[] = [];
    await consume(
      async ({ streamSequence }) => {
        seen.push(streamSequence);
        if (streamSequence === 1) throw new AppError('conflict', 'Another record has this id.');
      },
      { onDeadLetter: (notice) => notices.push(notice) },
    );
    await waitUntil(() => seen.length === 2 && notices.length === 1);
    expect(notices[0]).toMatchObject({ streamSequence: 1, deliveries: 1, code: 'conflict' });
  });

  it.each([
    ['no JSON', 'evt.v1.anchor.entry.appended', '{"logIndex"', 'malformed-json'],
    [
      'an unknown member',
      'evt.v1.anchor.entry.appended',
      '{"logIndex":"1","entry":"e","x":1}',
      'validation-failed',
    ],
    ['another event', 'evt.v1.anchor.anchor.final', '{"logIndex":"1","entry":"e"}', 'validation-failed'],
  ] as const)('buries a body that is %s without asking the handler', async (_name, subject, body, code) => {
    await events.publish(subject, new TextEncoder().encode(body), { msgId: 'bad' });
    const notices: DeadLetterNotice[] = [];
    let handled = 0;
    await consume(async () => void (handled += 1), { onDeadLetter: (notice) => notices.push(notice) });
    await waitUntil(() => notices.length === 1);
    expect(notices[0]).toMatchObject({ code, deliveries: 1 });
    expect(handled).toBe(0);
  });

  it('delivers again when the process dies between effect and acknowledgement', async () => {
    await publish(1, 1);
    const crashing = await harness.connect('proof-service');
    const effects: number[] = [];
    const dead = gate();
    await consumeDurable({
      nc: crashing.nc,
      durable: 'proof-service-anchor',
      logger: harness.logger,
      handler: async ({ deliveryCount }) => {
        effects.push(deliveryCount);
        await crashing.nc.close();
        dead.open();
      },
    });
    await dead.opened;
    await consume(async ({ deliveryCount }) => void effects.push(deliveryCount));
    await waitUntil(() => effects.length === 2, 10_000);
    expect(effects).toEqual([1, 2]);
    await waitUntil(async () => (await pendingAcks()) === 0);
  });

  it('keeps slow and waiting deliveries alive beyond the ack wait', async () => {
    await publish(1, 3);
    const seen: [number, number][] = [];
    await consume(async ({ streamSequence, deliveryCount }) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      seen.push([streamSequence, deliveryCount]);
    });
    await waitUntil(() => seen.length === 3, 10_000);
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    await waitUntil(async () => (await pendingAcks()) === 0);
  });

  it('leaves no timer behind that outlives the stop', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const consumer = await consume(async () => undefined);
    expect(timers()).toBeGreaterThan(before);
    await consumer.stop();
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('finishes the running handler on stop and leaves the rest to others', async () => {
    await publish(1, 5);
    const hold = gate();
    const seen: number[] = [];
    let isAsked = false;
    const first = await consume(async ({ streamSequence }) => {
      isAsked = true;
      await hold.opened;
      seen.push(streamSequence);
    });
    await waitUntil(async () => isAsked && (await deliveredAndOpen()) === 5);
    const stopping = first.stop();
    hold.open();
    await stopping;
    expect(seen).toEqual([1]);
    const others: number[] = [];
    await consume(async ({ streamSequence }) => void others.push(streamSequence), { confirmAcks: true });
    // Delivery is at least once: a message may come twice here, none may be missing.
    await waitUntil(() => new Set(others).size === 4, 10_000);
    expect([...new Set(others)].sort()).toEqual([2, 3, 4, 5]);
  });

  it('refuses to consume what belongs to another service', async () => {
    await expect(
      consume(async () => undefined, { durable: 'anchor-worker-inference' }),
    ).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

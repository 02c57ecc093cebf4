import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { waitUntil } from '@touchstone/testing';
import {
  consumeDurable,
  consumeDurableBatch,
  DELIVERIES_MAX,
  EventPublisher,
  type ConsumeOptions,
  type DeadLetterNotice,
  type EventMessage,
  type RunningConsumer,
} from '../src/index.js';
import { entry, gate, MeshHarness, RecordingMetrics } from './mesh-harness.js';

const SUBJECT = 'evt.v1.anchor.entry.appended';
const DURABLE = 'proof-service-anchor';
const ACK_WAIT_MS = 1_000;
/** All six deliveries together are over long before an outage of these tests is. */
const REDELIVERY_DELAYS_MS = [10, 20, 30, 40, 50];
const OUTAGE_MS = 2_500;

type Handler = (messages: readonly EventMessage[]) => Promise<void>;
const away = (): AppError => new AppError('dependency-unavailable', 'The database is away.');
const sequencesOf = (messages: readonly EventMessage[]): number[] =>
  messages.map(({ streamSequence }) => streamSequence);

describe.each(['one by one', 'in batches'])('a dependency that is away (%s)', (style) => {
  let harness: MeshHarness;
  let nc: NatsConnection;
  let events: EventPublisher;
  let running: RunningConsumer[];
  let notices: DeadLetterNotice[];

  beforeEach(async () => {
    harness = new MeshHarness();
    running = [];
    notices = [];
    await harness.provision({ ackWaitMs: ACK_WAIT_MS });
    ({ nc } = await harness.connect('proof-service'));
    events = new EventPublisher({ nc: (await harness.connect('anchor-worker')).nc });
  });
  afterEach(async () => {
    await Promise.all(running.map((consumer) => consumer.stop()));
    await harness.close();
  });

  async function publish(from: number, to: number): Promise<void> {
    for (let index = from; index <= to; index += 1)
      await events.publish(SUBJECT, entry(index), { msgId: `id-${index}` });
  }

  async function consume(handler: Handler, change: Partial<ConsumeOptions> = {}): Promise<RunningConsumer> {
    const options: ConsumeOptions = {
      nc,
      durable: DURABLE,
      logger: harness.logger,
      redeliveryDelaysMs: REDELIVERY_DELAYS_MS,
      outageRetryDelaysMs: [10, 20, 50],
      workingIntervalMs: 300,
      onDeadLetter: (notice) => notices.push(notice),
      ...change,
    };
    const consumer =
      style === 'in batches'
        ? await consumeDurableBatch({ ...options, maxMessages: 8, maxWaitMs: 20, handler })
        : await consumeDurable({ ...options, handler: (message) => handler([message]) });
    running.push(consumer);
    return consumer;
  }

  async function consumerInfo() {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return jsm.consumers.info('ANCHOR', DURABLE);
  }

  async function settled(): Promise<void> {
    await waitUntil(async () => {
      const { num_ack_pending, num_pending } = await consumerInfo();
      return num_ack_pending + num_pending === 0;
    }, 10_000);
  }

  it('costs no delivery, however long it is away, and each message is handled once', async () => {
    await publish(1, 12);
    let isAway = true;
    const metrics = new RecordingMetrics();
    const handled: [number, number][] = [];
    const consumer = await consume(
      async (messages) => {
        if (isAway) throw away();
        for (const { streamSequence, deliveryCount } of messages)
          handled.push([streamSequence, deliveryCount]);
      },
      { metrics },
    );
    expect(() => consumer.check()).not.toThrow();
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    await publish(13, 16);
    expect(() => consumer.check()).toThrow('The database is away.');
    isAway = false;
    await settled();
    expect(() => consumer.check()).not.toThrow();
    expect(handled.sort(([a], [b]) => a - b)).toEqual(
      Array.from({ length: 16 }, (_, index) => [index + 1, 1]),
    );
    expect(notices).toEqual([]);
    const { delivered } = await consumerInfo();
    expect(delivered.consumer_seq).toBe(16);
    const names = metrics.samples.map(({ name }) => name).filter((name) => name.startsWith('consumer'));
    expect(names).toEqual(['consumerHolds', 'consumerGoesOn']);
  });

  it.each(['timeout', 'queue-full', 'rate-limited'] as const)('is what %s means as well', async (code) => {
    await publish(1, 1);
    let attempts = 0;
    await consume(async () => {
      attempts += 1;
      if (attempts <= DELIVERIES_MAX + 1) throw new AppError(code, 'Later.');
    });
    await settled();
    expect(attempts).toBe(DELIVERIES_MAX + 2);
    expect(notices).toEqual([]);
  });

  it('does not hold up the end: what waits goes to another consumer', async () => {
    await publish(1, 12);
    const first = await consume(
      async () => {
        throw away();
      },
      { outageRetryDelaysMs: [60_000] },
    );
    await waitUntil(async () => (await consumerInfo()).num_ack_pending === 12);
    // Long before the pause ends, and before this test would be given up.
    await first.stop();
    const others: number[] = [];
    await consume(async (messages) => void others.push(...sequencesOf(messages)));
    await waitUntil(() => others.length >= 12, 10_000);
    expect(others.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  it('does not hold up the end that begins while a handler runs', async () => {
    await publish(1, 2);
    const hold = gate();
    let isAsked = false;
    const first = await consume(
      async () => {
        isAsked = true;
        await hold.opened;
        throw away();
      },
      { outageRetryDelaysMs: [60_000] },
    );
    await waitUntil(() => isAsked);
    const stopping = first.stop();
    hold.open();
    await stopping;
    const others = new Set<number>();
    await consume(async (messages) => sequencesOf(messages).forEach((sequence) => others.add(sequence)));
    await waitUntil(() => others.size === 2, 10_000);
  });

  it('does not lose a message whose last delivery waits at the end', async () => {
    await publish(1, 1);
    const consumer = await consume(
      async ([message]) => {
        throw message!.deliveryCount < DELIVERIES_MAX ? new Error('a defect') : away();
      },
      { outageRetryDelaysMs: [60_000] },
    );
    await waitUntil(async () => (await consumerInfo()).delivered.consumer_seq === DELIVERIES_MAX);
    await waitUntil(() => harness.logger.lines.some(({ message }) => message.includes('is away')));
    expect(notices).toEqual([]);
    await consumer.stop();
    expect(notices).toMatchObject([{ streamSequence: 1, deliveries: DELIVERIES_MAX }]);
  });

  it('is not what a message says that fails while others are handled', async () => {
    const BAD = 3;
    await publish(1, 6);
    const handled = new Set<number>();
    const failures: number[] = [];
    await consume(async (messages) => {
      // The statement of one message is always cancelled, for example.
      if (sequencesOf(messages).includes(BAD)) {
        failures.push(messages.length);
        throw away();
      }
      sequencesOf(messages).forEach((sequence) => handled.add(sequence));
    });
    // Others must come meanwhile: a message alone cannot be told from the dependency.
    let next = 7;
    await waitUntil(
      async () => {
        await publish(next, next);
        next += 1;
        return notices.length === 1;
      },
      20_000,
      'the dead letter',
    );
    expect(notices).toMatchObject([{ streamSequence: BAD, deliveries: DELIVERIES_MAX }]);
    await waitUntil(() => handled.size === next - 2);
    expect(failures.length).toBeGreaterThan(DELIVERIES_MAX);
  });
});

describe('batches after a dependency was away', () => {
  it('are one message first and grow', async () => {
    const harness = new MeshHarness();
    await harness.provision();
    const { nc } = await harness.connect('proof-service');
    const events = new EventPublisher({ nc: (await harness.connect('anchor-worker')).nc });
    for (let index = 1; index <= 15; index += 1)
      await events.publish(SUBJECT, entry(index), { msgId: `id-${index}` });
    const sizes: number[] = [];
    const consumer = await consumeDurableBatch({
      nc,
      durable: DURABLE,
      logger: harness.logger,
      maxMessages: 15,
      maxWaitMs: 200,
      outageRetryDelaysMs: [10],
      handler: async (messages) => {
        sizes.push(messages.length);
        if (sizes.length <= 3) throw away();
      },
    });
    await waitUntil(() => sizes.length === 7);
    await consumer.stop();
    await harness.close();
    expect(sizes).toEqual([15, 1, 1, 1, 2, 4, 8]);
  });
});

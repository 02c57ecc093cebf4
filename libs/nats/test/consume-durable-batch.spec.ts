import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { waitUntil } from '@touchstone/testing';
import {
  ACK_PENDING_MAX,
  consumeDurableBatch,
  EventPublisher,
  type ConsumeDurableBatchOptions,
  type DeadLetterNotice,
  type RunningConsumer,
} from '../src/index.js';
import { entry, gate, MeshHarness } from './mesh-harness.js';

const SUBJECT = 'evt.v1.anchor.entry.appended';

describe('consuming a durable in batches', () => {
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
    const indices = Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
    await Promise.all(
      indices.map((index) => events.publish(SUBJECT, entry(index), { msgId: `id-${index}` })),
    );
  }

  async function consume(
    handler: (sequences: number[]) => Promise<void>,
    options: Partial<ConsumeDurableBatchOptions> = {},
  ): Promise<RunningConsumer> {
    const consumer = await consumeDurableBatch({
      nc,
      durable: 'proof-service-anchor',
      logger: harness.logger,
      maxMessages: 100,
      maxWaitMs: 50,
      redeliveryDelaysMs: [10, 20, 30, 40, 50],
      workingIntervalMs: 300,
      handler: (messages) => handler(messages.map(({ streamSequence }) => streamSequence)),
      ...options,
    });
    running.push(consumer);
    return consumer;
  }

  async function unsettled(): Promise<number> {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const info = await jsm.consumers.info('ANCHOR', 'proof-service-anchor');
    return info.num_ack_pending + info.num_pending;
  }

  it('hands over full batches in stream order and acknowledges all', async () => {
    await publish(1, 1_000);
    const batches: number[][] = [];
    await consume(async (sequences) => void batches.push(sequences));
    await waitUntil(() => batches.flat().length === 1_000);
    expect(batches.flat()).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(100);
    await waitUntil(async () => (await unsettled()) === 0);
  });

  it('does not wait longer than told for a batch to fill', async () => {
    const batches: number[][] = [];
    await consume(async (sequences) => void batches.push(sequences), { maxWaitMs: 20 });
    await publish(1, 3);
    await waitUntil(() => batches.flat().length === 3, 1_000);
  });

  it('acknowledges nothing before the handler resolves', async () => {
    await publish(1, 10);
    const hold = gate();
    let called = false;
    await consume(async () => {
      called = true;
      await hold.opened;
    });
    await waitUntil(() => called);
    expect(await unsettled()).toBe(10);
    hold.open();
    await waitUntil(async () => (await unsettled()) === 0);
  });

  it('finds the one bad message and buries it alone', async () => {
    await publish(1, 20);
    const stored = new Set<number>();
    const notices: DeadLetterNotice[] = [];
    await consume(
      async (sequences) => {
        if (sequences.includes(7)) throw new Error('value out of range');
        for (const sequence of sequences) stored.add(sequence);
      },
      { onDeadLetter: (notice) => notices.push(notice) },
    );
    await waitUntil(() => notices.length === 1);
    await waitUntil(async () => (await unsettled()) === 0);
    expect([...stored].sort((a, b) => a - b)).toEqual([
      1,
      2,
      3,
      4,
      5,
      6,
      ...Array.from({ length: 13 }, (_, i) => i + 8),
    ]);
    expect(notices[0]).toMatchObject({ streamSequence: 7, deliveries: 6, code: 'internal' });
  });

  it('buries unreadable messages and hands over the rest', async () => {
    await publish(1, 2);
    await events.publish(SUBJECT, new TextEncoder().encode('{'), { msgId: 'bad' });
    await publish(3, 4);
    const seen: number[] = [];
    const notices: DeadLetterNotice[] = [];
    await consume(async (sequences) => void seen.push(...sequences), {
      onDeadLetter: (notice) => notices.push(notice),
    });
    await waitUntil(() => seen.length === 4 && notices.length === 1);
    expect(seen.includes(notices[0]!.streamSequence)).toBe(false);
  });

  it('finishes the running batch on stop and leaves the rest to others', async () => {
    await publish(1, 10);
    const hold = gate();
    const seen: number[] = [];
    const first = await consume(
      async (sequences) => {
        await hold.opened;
        seen.push(...sequences);
      },
      { maxMessages: 4 },
    );
    await waitUntil(async () => (await unsettled()) === 10);
    const stopping = first.stop();
    hold.open();
    await stopping;
    expect(seen).toEqual([1, 2, 3, 4]);
    const others: number[] = [];
    await consume(async (sequences) => void others.push(...sequences));
    await waitUntil(() => others.length === 6);
  });

  it.each([0, 1.5, ACK_PENDING_MAX + 1])('refuses a batch of %d messages', async (maxMessages) => {
    await expect(consume(async () => undefined, { maxMessages })).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  it('takes the largest batch the durable allows', async () => {
    await publish(1, ACK_PENDING_MAX);
    const sizes: number[] = [];
    await consume(async (sequences) => void sizes.push(sequences.length), {
      maxMessages: ACK_PENDING_MAX,
      maxWaitMs: 2_000,
    });
    await waitUntil(() => sizes.reduce((sum, size) => sum + size, 0) === ACK_PENDING_MAX);
    expect(sizes).toEqual([ACK_PENDING_MAX]);
  });
});

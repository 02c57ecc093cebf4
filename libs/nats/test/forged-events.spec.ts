import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { headers, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
import { waitUntil } from '@touchstone/testing';
import {
  consumeDurable,
  EventPublisher,
  listDeadLetters,
  replayDeadLetter,
  type EventMessage,
  type RunningConsumer,
} from '../src/index.js';
import { entry, MeshHarness } from './mesh-harness.js';

const EVENT = 'evt.v1.anchor.entry.appended';
const FORGED = { logIndex: '7', entry: 'forged' };
const forged = JSON.stringify(FORGED);

/** Attacks of a service or an operator whose password is known, each with what this user may really do (N1, N2). */
describe('events that their publisher did not publish', () => {
  let harness: MeshHarness;
  let administrator: NatsConnection;
  let captured: NatsConnection;
  let operator: NatsConnection;
  let consumer: RunningConsumer;
  let handled: EventMessage[];

  beforeEach(async () => {
    harness = new MeshHarness();
    handled = [];
    await harness.provision({ ackWaitMs: 1_000 });
    ({ nc: administrator } = await harness.connect('provisioner'));
    // The service that faces the internet and publishes no event.
    ({ nc: captured } = await harness.connect('proof-service'));
    ({ nc: operator } = await harness.connect('operator'));
    const { nc } = await harness.connect('proof-service');
    consumer = await consumeDurable({
      nc,
      durable: 'proof-service-anchor',
      logger: harness.logger,
      handler: async (message) => void handled.push(message),
    });
  });
  afterEach(async () => {
    await consumer.stop();
    await harness.close();
  });

  const lastSequence = async (stream: string): Promise<number> =>
    (await (await jetstreamManager(administrator)).streams.info(stream)).state.last_seq;
  const letters = async () => (await listDeadLetters(operator)).letters;

  async function plant(nc: NatsConnection, subject: string, set?: (to: MsgHdrs) => void): Promise<void> {
    const sent = headers();
    sent.set('Nats-Msg-Id', 'a1');
    set?.(sent);
    await nc.request(subject, forged, { timeout: 2_000, headers: sent });
  }

  /** Asks for something and names the subject to which the server sends the answer. */
  async function answerTo(nc: NatsConnection, subject: string, body: string, reply: string): Promise<void> {
    nc.publish(subject, body, { reply });
    await nc.flush();
    // The genuine event behind it has been handled, hence everything before it.
    const { nc: publisher } = await harness.connect('anchor-worker');
    await new EventPublisher({ nc: publisher }).publish(EVENT, entry(1), { msgId: 'genuine' });
    await waitUntil(() => handled.some(({ msgId }) => msgId === 'genuine'));
  }

  const expectNothingForged = (): void => expect(handled.map(({ body }) => body)).toEqual([entry(1)]);

  /** Streams of an older version, or of an administrator, allow direct gets. */
  async function allowDirectGets(): Promise<void> {
    const manager = await jetstreamManager(administrator);
    await manager.streams.update('DLQ', { allow_direct: true });
  }

  it('are not had by a direct get: no service may ask for one', async () => {
    await plant(captured, 'dlq.proof-service.x');
    await allowDirectGets();
    for (const subject of ['$JS.API.DIRECT.GET.DLQ.dlq.proof-service.x', '$JS.API.DIRECT.GET.DLQ']) {
      const body = subject.endsWith('.x') ? '' : JSON.stringify({ seq: 1 });
      await answerTo(captured, subject, body, EVENT);
    }
    expectNothingForged();
    expect(await lastSequence('ANCHOR')).toBe(1);
    expect(await lastSequence('DLQ')).toBe(1);
  });

  it('are refused when the server sent them on, however many headers precede its own', async () => {
    await plant(captured, 'dlq.proof-service.x', (sent) => {
      for (let index = 0; index < 100; index += 1) sent.set(`X-${index}`, 'x');
    });
    await allowDirectGets();
    await answerTo(administrator, '$JS.API.DIRECT.GET.DLQ.dlq.proof-service.x', '', EVENT);
    expect(await lastSequence('ANCHOR')).toBe(2);
    await waitUntil(async () => (await letters()).length === 1);
    expectNothingForged();
    const letter = (await letters())[0]!;
    expect(letter).toMatchObject({
      code: 'forbidden',
      originalSubject: EVENT,
      relayedFrom: 'DLQ dlq.proof-service.x',
      reason: expect.stringContaining('not by its publisher'),
    });
    await expect(replayDeadLetter(operator, letter)).rejects.toMatchObject({ code: 'conflict' });
    // Whoever asks without looking gets as little.
    await operator.request('replay.v1.proof-service.proof-service-anchor.ANCHOR.1', '', { timeout: 2_000 });
    await waitUntil(() =>
      harness.logger.lines.some(({ message }) => message === 'there is nothing to replay'),
    );
    expectNothingForged();
  });

  it('are not brought back from a dead letter that the server put there', async () => {
    const place = 'proof-service.proof-service-anchor.ANCHOR.9';
    const attacker = await harness.connect('inference-gateway');
    await plant(attacker.nc, 'dlq.inference-gateway.x', (sent) => {
      sent.set('Touchstone-Dead-Letter-Subject', EVENT);
      sent.set('Touchstone-Dead-Letter-Stream', 'ANCHOR');
      sent.set('Touchstone-Dead-Letter-Sequence', '9');
      sent.delete('Nats-Msg-Id');
    });
    await allowDirectGets();
    await answerTo(administrator, '$JS.API.DIRECT.GET.DLQ.dlq.inference-gateway.x', '', `dlq.${place}`);
    const [letter] = await letters();
    expect(letter).toMatchObject({ deadLetterSubject: `dlq.${place}`, relayedFrom: expect.any(String) });
    await expect(replayDeadLetter(operator, letter!)).rejects.toMatchObject({ code: 'conflict' });
    await operator.request(`replay.v1.${place}`, '', { timeout: 2_000 });
    await waitUntil(() =>
      harness.logger.lines.some(({ message }) => message === 'there is nothing to replay'),
    );
    expectNothingForged();
  });

  it('are not had by having a stored message read to the subject of an event', async () => {
    await plant(captured, 'dlq.proof-service.x');
    const body = JSON.stringify({ last_by_subj: 'dlq.proof-service.x' });
    await answerTo(captured, '$JS.API.STREAM.MSG.GET.DLQ', body, EVENT);
    await waitUntil(async () => (await letters()).length === 1);
    expect((await letters())[0]).toMatchObject({ code: 'validation-failed', originalSubject: EVENT });
    expectNothingForged();
  });

  it('are not had by having a delivery sent to the subject of an event', async () => {
    const { nc: gateway } = await harness.connect('inference-gateway');
    const { nc: verifier } = await harness.connect('payment-verifier');
    await verifier.request('evt.v1.payment.transfer.failed', forged, { timeout: 2_000 });
    const next = '$JS.API.CONSUMER.MSG.NEXT.PAYMENT.inference-gateway-payment';
    await answerTo(gateway, next, '', EVENT);
    expectNothingForged();
  });

  it('are not made by an operator, who creates no consumer that delivers to a subject of his choice', async () => {
    await operator.request('replay.v1.proof-service.proof-service-anchor.ANCHOR.5', forged, {
      timeout: 2_000,
    });
    const config = {
      stream_name: 'REPLAY',
      config: { deliver_subject: EVENT, ack_policy: 'none', deliver_policy: 'all', replay_policy: 'instant' },
    };
    for (const subject of [
      '$JS.API.CONSUMER.CREATE.REPLAY',
      '$JS.API.CONSUMER.CREATE.REPLAY.forger',
      '$JS.API.CONSUMER.DURABLE.CREATE.REPLAY.forger',
    ]) {
      const request = subject.endsWith('.forger')
        ? { ...config, config: { ...config.config, name: 'forger' } }
        : config;
      await expect(operator.request(subject, JSON.stringify(request), { timeout: 1_000 })).rejects.toThrow(
        /permissions violation/i,
      );
    }
    const { nc: publisher } = await harness.connect('anchor-worker');
    await new EventPublisher({ nc: publisher }).publish(EVENT, entry(1), { msgId: 'genuine' });
    await waitUntil(() => handled.length === 1);
    expectNothingForged();
    expect(await lastSequence('ANCHOR')).toBe(1);
  });

  it.each(['INFERENCE', 'PAYMENT', 'REPLAY'])(
    'are not read from stream %s by an operator',
    async (stream) => {
      const request = operator.request(`$JS.API.STREAM.MSG.GET.${stream}`, '{"seq":1}', { timeout: 1_000 });
      await expect(request).rejects.toThrow(/permissions violation/i);
    },
  );
});

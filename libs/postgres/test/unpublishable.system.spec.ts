import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, type ErrorCode } from '@touchstone/contracts';
import { Registry } from '@touchstone/platform/observability';
import type { EventBus, PublishEvent } from '@touchstone/platform/wiring';
import { waitUntil } from '@touchstone/testing';
import { Outbox, OutboxRelay, republish } from '../src/index.js';
import { nodeChangedBody, numberOf, openTestSchema, type TestSchema } from './test-schema.js';

const SUBJECT = 'evt.v1.attestation.node.changed';
const STREAM = 'ATTESTATION';
const BAD = 2;

/** A bus with places, which can refuse, lose what it has, and lose its connection. */
class FakeBus implements EventBus {
  readonly stored: number[] = [];
  readonly letters: { messageId: string; code: string }[] = [];
  refusal: ErrorCode | undefined;
  interrupted = 0;
  /** Milliseconds since the connection ended last. */
  sinceMs = 0;
  last = 0;

  readonly publish: PublishEvent = async (_subject, payload) => {
    const number = numberOf(payload);
    if (number === BAD && this.refusal !== undefined) throw new AppError(this.refusal, 'Refused.');
    this.stored.push(number);
    this.last += 1;
    return { stream: STREAM, sequence: this.last, duplicate: false };
  };

  async setAside({ messageId }: { messageId: string }, error: unknown): Promise<void> {
    this.letters.push({ messageId, code: (error as AppError).code });
  }

  async lastSequence(): Promise<number> {
    return this.last;
  }

  interruptions() {
    return { count: this.interrupted, sinceMs: this.sinceMs };
  }
}

describe('a relay whose bus has streams', () => {
  let schema: TestSchema;
  let outbox: Outbox;
  let bus: FakeBus;
  let relay: OutboxRelay | undefined;
  let metrics: Registry;

  beforeAll(async () => {
    schema = await openTestSchema('unpublishable');
    outbox = new Outbox(schema.dataSource);
  });
  afterAll(() => schema.close());
  beforeEach(async () => {
    await schema.dataSource.query('TRUNCATE signer.outbox');
    bus = new FakeBus();
  });
  afterEach(() => relay?.stop());

  const start = () => {
    metrics = new Registry();
    relay = new OutboxRelay({
      dataSource: schema.dataSource,
      publish: bus.publish,
      bus,
      pollMs: 20,
      metrics,
    });
    outbox.wakes(relay);
    relay.start();
  };
  const append = (from: number, count: number) =>
    schema.dataSource.transaction((manager) =>
      outbox.appendMany(
        manager,
        Array.from({ length: count }, (_, index) => ({
          subject: SUBJECT,
          body: nodeChangedBody(from + index),
        })),
      ),
    );
  const pending = async () => {
    const [row] = (await schema.dataSource.query(
      'SELECT count(*)::int AS count FROM signer.outbox WHERE published_at IS NULL',
    )) as [{ count: number }];
    return row.count;
  };
  const idle = () => waitUntil(async () => (await pending()) === 0);

  it.each(['body-too-large', 'validation-failed', 'config-invalid', 'forbidden'] as const)(
    'sets an event aside that is %s, goes on, and takes it up again when asked',
    async (code) => {
      bus.refusal = code;
      start();
      const ids = await append(0, 5);
      await idle();
      expect(bus.stored).toEqual([0, 1, 3, 4]);
      expect(bus.letters).toEqual([{ messageId: ids[BAD], code }]);
      // Counted after the commit that the query above saw.
      await waitUntil(async () => (await metrics.metrics()).includes('touchstone_outbox_set_aside_total 1'));
      bus.refusal = undefined;
      expect(await republish(schema.options, { messageId: ids[BAD]! })).toBe(1);
      await waitUntil(() => bus.stored.includes(BAD));
    },
  );

  it.each(['dependency-unavailable', 'timeout', 'internal'] as const)(
    'waits with everything behind an event while its failure is %s',
    async (code) => {
      bus.refusal = code;
      start();
      await append(0, 5);
      await waitUntil(async () => /publish_failures_total [2-9]/.test(await metrics.metrics()));
      expect(await pending()).toBe(3);
      expect(bus.letters).toEqual([]);
      bus.refusal = undefined;
      await idle();
      expect(bus.stored.slice(-3)).toEqual([2, 3, 4]);
    },
  );

  it('publishes again what lies above the last place of a stream, once it sees that', async () => {
    start();
    await append(0, 300);
    await idle();
    // No acknowledgement is in doubt, but the stream ends early.
    bus.sinceMs = -30_000;
    bus.last = 290;
    bus.interrupted += 1;
    await waitUntil(() => bus.stored.length > 300);
    await idle();
    expect(bus.stored.slice(300)).toEqual(Array.from({ length: 138 }, (_, index) => 162 + index));
    expect(await metrics.metrics()).toContain('touchstone_outbox_published_again_total 138');
  });

  it('sees by a place that comes a second time that a stream was made again', async () => {
    start();
    await append(0, 10);
    await idle();
    bus.last = 0;
    await append(10, 1);
    await waitUntil(() => bus.stored.length === 21);
    expect(bus.stored.slice(10)).toEqual([10, ...Array.from({ length: 10 }, (_, index) => index)]);
    await append(11, 1);
    await waitUntil(() => bus.stored.includes(11));
    expect(bus.stored).toHaveLength(22);
  });

  it('publishes again what was acknowledged shortly before an interruption, once for each', async () => {
    start();
    await append(0, 10);
    await idle();
    bus.interrupted += 1;
    await waitUntil(() => bus.stored.length === 20);
    await append(10, 1);
    await waitUntil(() => bus.stored.includes(10));
    expect(bus.stored).toHaveLength(21);
  });
});

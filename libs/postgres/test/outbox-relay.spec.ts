import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Registry } from '@touchstone/platform/observability';
import type { PublishEvent } from '@touchstone/platform/wiring';
import { waitUntil } from '@touchstone/testing';
import { Outbox, OutboxRelay, type OutboxRelayOptions } from '../src/index.js';
import { RelaySession } from '../src/outbox/relay-session.js';
import { nodeChangedBody, numberOf, openTestSchema, type TestSchema } from './test-schema.js';

const SUBJECT = 'evt.v1.attestation.node.changed';
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A bus that keeps what it stored and can be told to refuse. */
class FakeBus {
  readonly stored: { number: number; msgId: string; headers: Readonly<Record<string, string>> }[] = [];
  refuse: (number: number) => boolean = () => false;
  delayMs = 0;

  readonly publish: PublishEvent = async (_subject, payload, { msgId, headers }) => {
    const number = numberOf(payload);
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (this.refuse(number)) throw new Error(`The bus refuses ${number}.`);
    this.stored.push({ number, msgId, headers });
  };

  /** What a consumer sees after the bus dropped copies of the same message id. */
  get deduplicated(): number[] {
    const first = new Map(this.stored.map(({ msgId, number }) => [msgId, number]));
    return [...first.values()];
  }
}

describe('the outbox relay', () => {
  let schema: TestSchema;
  let outbox: Outbox;
  const relays: OutboxRelay[] = [];

  beforeAll(async () => {
    schema = await openTestSchema('outbox_relay');
    outbox = new Outbox(schema.dataSource);
  });
  afterAll(() => schema.close());
  beforeEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await schema.dataSource.query('TRUNCATE signer.outbox');
  });
  afterAll(() => Promise.all(relays.splice(0).map((relay) => relay.stop())));

  const startRelay = (bus: FakeBus, options: Partial<OutboxRelayOptions> = {}): OutboxRelay => {
    const relay = new OutboxRelay({ dataSource: schema.dataSource, publish: bus.publish, ...options });
    relays.push(relay);
    outbox.wakes(relay);
    relay.start();
    return relay;
  };
  const append = (number: number) =>
    schema.dataSource.transaction((manager) => outbox.append(manager, SUBJECT, nodeChangedBody(number)));
  const appendAll = (numbers: readonly number[]) =>
    schema.dataSource.transaction((manager) =>
      outbox.appendMany(
        manager,
        numbers.map((number) => ({ subject: SUBJECT, body: nodeChangedBody(number) })),
      ),
    );
  const pending = async () => {
    const [row] = (await schema.dataSource.query(
      'SELECT count(*)::int AS count FROM signer.outbox WHERE published_at IS NULL',
    )) as [{ count: number }];
    return row.count;
  };

  it('publishes in order with the id of the row, its headers, and marks every row', async () => {
    const bus = new FakeBus();
    startRelay(bus);
    const ids = await appendAll(upTo(1_200));
    await waitUntil(async () => (await pending()) === 0);
    expect(bus.stored.map(({ number }) => number)).toEqual(upTo(1_200));
    expect(bus.stored.map(({ msgId }) => msgId)).toEqual(ids);
  });

  it('carries the headers of the trace', async () => {
    const bus = new FakeBus();
    startRelay(bus);
    const traceHeaders = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await schema.dataSource.transaction((manager) =>
      outbox.append(manager, SUBJECT, nodeChangedBody(1), { traceHeaders }),
    );
    await waitUntil(() => bus.stored.length === 1);
    expect(bus.stored[0]?.headers).toEqual(traceHeaders);
  });

  it('publishes nothing of a transaction that rolls back', async () => {
    const bus = new FakeBus();
    startRelay(bus, { pollMs: 20 });
    const failed = schema.dataSource.transaction(async (manager) => {
      await outbox.append(manager, SUBJECT, nodeChangedBody(1));
      throw new Error('The effect failed.');
    });
    await expect(failed).rejects.toThrow('The effect failed.');
    await append(2);
    await waitUntil(() => bus.stored.length > 0);
    expect(bus.stored.map(({ number }) => number)).toEqual([2]);
  });

  it('refuses an append outside of a transaction and a body that does not fit its subject', async () => {
    await expect(outbox.append(schema.dataSource.manager, SUBJECT, nodeChangedBody(1))).rejects.toThrow(
      'needs the transaction',
    );
    const bad = { ...nodeChangedBody(1), status: 'UNKNOWN' } as unknown as ReturnType<typeof nodeChangedBody>;
    await expect(
      schema.dataSource.transaction((manager) => outbox.append(manager, SUBJECT, bad)),
    ).rejects.toMatchObject({
      code: 'internal',
      details: [{ pointer: '/status', detail: expect.any(String) }],
    });
    expect(await pending()).toBe(0);
  });

  it('does not lose a row whose transaction commits after a later id was published', async () => {
    const bus = new FakeBus();
    startRelay(bus);
    const slow = schema.dataSource.createQueryRunner();
    await slow.startTransaction();
    await outbox.append(slow, SUBJECT, nodeChangedBody(1));
    await append(2);
    await waitUntil(() => bus.stored.length === 1);
    await slow.commitTransaction();
    await slow.release();
    await waitUntil(() => bus.stored.length === 2);
    expect(bus.stored.map(({ number }) => number)).toEqual([2, 1]);
  });

  it.each([1, 128])('keeps the order when a publish fails, with %i outstanding', async (pipelineMax) => {
    const bus = new FakeBus();
    let failures = 0;
    bus.refuse = (number) => number === 5 && (failures += 1) <= 2;
    startRelay(bus, { pipelineMax });
    await appendAll(upTo(20));
    await waitUntil(async () => (await pending()) === 0);
    const last = new Map(bus.stored.map(({ number }, index) => [number, index]));
    // The last copy of each event follows the last copy of its predecessor.
    expect([...last].sort(([, left], [, right]) => left - right).map(([number]) => number)).toEqual(upTo(20));
    if (pipelineMax === 1) expect(bus.stored.map(({ number }) => number)).toEqual(upTo(20));
    expect(new Set(bus.stored.map(({ msgId }) => msgId)).size).toBe(20);
  });

  it('lets one of two relays publish, and the other take over', async () => {
    const first = new FakeBus();
    const second = new FakeBus();
    const relay = startRelay(first, { pollMs: 20 });
    await waitUntil(() => relay.active);
    const other = startRelay(second, { pollMs: 20 });
    for (const number of upTo(50)) await append(number);
    await waitUntil(() => first.stored.length === 50);
    expect(other.active).toBe(false);
    expect(second.stored).toEqual([]);
    await relay.stop();
    await waitUntil(() => other.active);
    await append(50);
    await waitUntil(() => second.stored.length === 1);
    expect([...first.stored, ...second.stored].map(({ number }) => number)).toEqual(upTo(51));
  });

  it('is woken by the notification of another process', async () => {
    const bus = new FakeBus();
    const relay = startRelay(bus, { pollMs: 60_000 });
    await waitUntil(() => relay.active);
    // An outbox without relays stands for another process.
    const elsewhere = new Outbox(schema.dataSource);
    await schema.dataSource.transaction((manager) => elsewhere.append(manager, SUBJECT, nodeChangedBody(7)));
    await waitUntil(() => bus.stored.length === 1);
  });

  it('publishes again with the same id when its session dies between publish and mark', async () => {
    const bus = new FakeBus();
    let killed = false;
    const publish: PublishEvent = async (...args) => {
      await bus.publish(...args);
      if (killed) return;
      killed = true;
      await schema.dataSource.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'outbox_relay outbox' AND datname = current_database()`,
      );
    };
    startRelay(bus, { publish });
    const ids = await appendAll(upTo(3));
    await waitUntil(async () => (await pending()) === 0);
    expect(bus.stored.length).toBeGreaterThan(3);
    expect(new Set(bus.stored.map(({ msgId }) => msgId))).toEqual(new Set(ids));
    expect(bus.deduplicated).toEqual(upTo(3));
  });

  it('flushes before a shutdown and gives up when the budget is spent', async () => {
    const bus = new FakeBus();
    bus.delayMs = 5;
    const relay = startRelay(bus);
    await waitUntil(() => relay.active);
    await appendAll(upTo(30));
    await relay.flush();
    expect(bus.stored.length).toBe(30);
    bus.refuse = () => true;
    await append(30);
    // It would wait for ever.
    await relay.flush(AbortSignal.timeout(50));
    expect(await pending()).toBe(1);
  });

  it('does not take a read that began before for the answer to a flush', async () => {
    const bus = new FakeBus();
    const relay = startRelay(bus);
    await waitUntil(() => relay.active);
    await relay.flush();
    let hasRead = false;
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const { pending: read } = RelaySession.prototype;
    const reading = jest.spyOn(RelaySession.prototype, 'pending').mockImplementationOnce(async function (
      this: RelaySession,
      most,
    ) {
      const rows = await read.call(this, most);
      hasRead = true;
      await held;
      return rows;
    });
    relay.poke();
    await waitUntil(() => hasRead);
    await appendAll(upTo(3));
    const flushed = relay.flush();
    goOn();
    await flushed;
    expect(bus.stored).toHaveLength(3);
    reading.mockRestore();
  });

  it('shows the backlog in its metrics', async () => {
    const bus = new FakeBus();
    bus.refuse = () => true;
    const metrics = new Registry();
    startRelay(bus, { metrics });
    await append(1);
    await waitUntil(async () => /publish_failures_total [1-9]/.test(await metrics.metrics()));
    expect(await metrics.metrics()).toContain('touchstone_outbox_pending 1');
    bus.refuse = () => false;
    await waitUntil(async () => (await metrics.metrics()).includes('touchstone_outbox_pending 0'));
    // Counted after the commit that the gauge saw.
    await waitUntil(async () => (await metrics.metrics()).includes('touchstone_outbox_published_total 1'));
  });

  it('is woken by each commit and needs no poll', async () => {
    const arrived: number[] = [];
    const relay = startRelay(new FakeBus(), {
      pollMs: 3_600_000,
      publish: (_subject, payload) => {
        arrived.push(numberOf(payload));
        return Promise.resolve();
      },
    });
    await waitUntil(() => relay.active);
    for (const number of upTo(20)) {
      await append(number);
      await waitUntil(() => arrived.at(-1) === number);
    }
    expect(arrived).toEqual(upTo(20));
  });
});

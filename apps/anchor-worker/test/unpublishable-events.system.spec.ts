import { afterEach, describe, expect, it } from '@jest/globals';
import { BATCH_LEAVES_MAX, type BatchSealed } from '@touchstone/contracts';
import { listDeadLetters, provision, replayDeadLetter, showDeadLetter } from '@touchstone/nats';
import { republish, uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import { ANCHOR_SCHEMA } from '../src/persistence/schema.js';
import { RelayFixture } from './support/relay-fixture.js';

const ENTRY = 'evt.v1.anchor.entry.appended';
const BATCH = 'evt.v1.anchor.batch.sealed';
const SMALL_PAYLOAD = 262_144;

/** The largest event of the service. */
function largeBatch(): BatchSealed {
  const leaves = Array.from({ length: BATCH_LEAVES_MAX }, (_, index) => index.toString(16).padStart(64, '0'));
  return {
    batchId: uuidV7(),
    logIndex: '0',
    entry: '{}',
    leaves,
    sealedAt: '2026-01-02T03:04:05.678Z',
  } as BatchSealed;
}
const entries = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ logIndex: String(from + index), entry: 'e' }));

describe('an event that can never be published (D5)', () => {
  let fixture: RelayFixture;
  afterEach(() => fixture.close());

  async function letter() {
    const operator = await fixture.connect('operator');
    const [found] = await waitUntil(async () => {
      const { letters } = await listDeadLetters(operator.nc, { service: 'anchor-worker' });
      return letters.length > 0 && letters;
    });
    return { operator, letter: found! };
  }

  const fieldsOf = (messageId: string) => ({
    durable: 'outbox',
    originalSubject: BATCH,
    originalStream: 'ANCHOR',
    code: 'body-too-large',
    msgId: messageId,
    deliveries: 0,
  });

  it('stops nobody behind it, is kept by its id, and goes out once the server takes it', async () => {
    fixture = await RelayFixture.create({ payloadBytesMax: SMALL_PAYLOAD });
    await fixture.startConsumer();
    await fixture.startRelay();
    await fixture.append(ENTRY, entries(0, 5));
    const [large] = await fixture.append(BATCH, [largeBatch()]);
    await fixture.append(ENTRY, entries(5, 5));
    await waitUntil(() => fixture.handled.length === 10);
    expect(fixture.handled.map(({ body }) => (body as { logIndex: string }).logIndex)).toEqual(
      entries(0, 10).map(({ logIndex }) => logIndex),
    );
    const { operator, letter: found } = await letter();
    expect(found).toMatchObject({ ...fieldsOf(large!), bodyOmitted: true });
    await expect(replayDeadLetter(operator.nc, found)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`republish --message ${large}`),
    });

    await fixture.nats.stop();
    await fixture.nats.start();
    const database = { url: fixture.databaseUrl, schema: ANCHOR_SCHEMA, applicationName: 'test' };
    expect(await republish(database, { messageId: large! })).toBe(1);
    await waitUntil(() => fixture.handled.some(({ msgId }) => msgId === large), 20_000);
  }, 60_000);

  it('is set aside with its body when only its stream does not take it', async () => {
    fixture = await RelayFixture.create();
    const { config } = await fixture.administer<{ config: object }>('STREAM.INFO.ANCHOR');
    await fixture.administer('STREAM.UPDATE.ANCHOR', { ...config, max_msg_size: 131_072 });
    await fixture.startConsumer();
    await fixture.startRelay();
    const [large] = await fixture.append(BATCH, [largeBatch()]);
    await fixture.append(ENTRY, entries(0, 3));
    await waitUntil(() => fixture.handled.length === 3);
    const { operator, letter: found } = await letter();
    expect(found).toMatchObject({ ...fieldsOf(large!), bodyOmitted: false });
    const { body } = await showDeadLetter(operator.nc, found.sequence);
    expect(JSON.parse(new TextDecoder().decode(body))).toMatchObject({ leaves: expect.any(Array) });
  });

  it('keeps its place before the others while the dead letters cannot be stored either', async () => {
    fixture = await RelayFixture.create({ payloadBytesMax: SMALL_PAYLOAD });
    await fixture.administer('STREAM.DELETE.DLQ');
    await fixture.startConsumer();
    await fixture.startRelay();
    await fixture.append(BATCH, [largeBatch()]);
    await fixture.append(ENTRY, entries(0, 3));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await fixture.pending()).toBe(4);
    // Those behind it were on their way already; none counts as published, so that all go out again in order.
    await provision((await fixture.connect('provisioner')).nc, { maxBytes: 16_777_216 });
    await waitUntil(async () => (await fixture.pending()) === 0, 20_000);
    expect((await letter()).letter).toMatchObject({ code: 'body-too-large' });
  }, 60_000);
});

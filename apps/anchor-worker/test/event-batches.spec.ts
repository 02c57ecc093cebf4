import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BatchSealed, BatchSigned } from '@touchstone/contracts';
import { sha256TextHex } from '@touchstone/crypto';
import { parseBatchEntry } from '@touchstone/evidence';
import { listDeadLetters } from '@touchstone/nats';
import { uuidV7 } from '@touchstone/postgres';
import { SignerDouble, waitUntil } from '@touchstone/testing';
import { digestOf } from './support/leaves.js';
import { LogFixture } from './support/log-fixture.js';
import { WorkerFixture } from './support/worker-fixture.js';

const BATCH = 'evt.v1.signing.batch.signed';
const signer = new SignerDouble();

async function batchOf(
  label: string,
  format: BatchSigned['format'] = 'event-batch-v2',
): Promise<BatchSigned> {
  const leaves = [1, 2, 3].map((place) => digestOf(`${label} ${place}`));
  const { batchId } = await signer.client('attestation-hub').call('signer', 'sign-batch', { format, leaves });
  return signer.batches.find((batch) => batch.batchId === batchId) as BatchSigned;
}

describe('event batches in the log', () => {
  let fixture: LogFixture;
  beforeAll(async () => {
    fixture = await LogFixture.create();
  });
  afterAll(() => fixture.close());
  const sealed = () => fixture.events<BatchSealed>('evt.v1.anchor.batch.sealed');

  it('take one place each, however often and wherever they come', async () => {
    const replicas = [await fixture.replica(), await fixture.replica()];
    const batches = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        batchOf(`races ${index}`, index % 2 === 0 ? 'event-batch-v1' : 'event-batch-v2'),
      ),
    );
    const taken = await Promise.all(
      replicas.flatMap(({ intake }) =>
        Array.from({ length: 6 }, (_, start) =>
          intake.accept({ leaves: [], entries: [], batches: batches.slice(start, start + 8) }),
        ),
      ),
    );
    expect(taken.reduce((sum, { batches: count }) => sum + count, 0)).toBe(12);
    const events = await sealed();
    expect(events.map(({ batchId }) => batchId).sort()).toEqual(batches.map(({ batchId }) => batchId).sort());
    expect(new Set(events.map(({ logIndex }) => logIndex)).size).toBe(12);
    for (const { batchId, leaves, entry } of events) {
      const signed = batches.find((batch) => batch.batchId === batchId);
      expect(leaves).toEqual(signed?.leaves);
      expect(parseBatchEntry(entry)).toMatchObject({ ok: true, entry: { batchId, root: signed?.root } });
    }
  });

  it('are covered by the next checkpoint', async () => {
    const replica = await fixture.replica();
    await replica.intake.accept({ leaves: [], entries: [], batches: [await batchOf('covered')] });
    while ((await replica.checkpointing.run()) === 0);
    const [last] = (await fixture.events<{ size: string }>('evt.v1.anchor.checkpoint.published')).slice(-1);
    expect(Number(last?.size)).toBe((await sealed()).length);
  });
});

describe('event batches on the bus', () => {
  let fixture: WorkerFixture;
  beforeAll(async () => {
    fixture = await WorkerFixture.create();
    await fixture.start();
  }, 60_000);
  afterAll(() => fixture.close());

  it('become entries when the signer signed them, and dead letters with the reason when it did not', async () => {
    const publisher = await fixture.publisher('signer');
    const publish = (body: BatchSigned) => publisher.publish(BATCH, body, { msgId: uuidV7() });
    const [good, forged] = [await batchOf('good'), await batchOf('forged')];
    await publish({ ...forged, signature: good.signature });
    await publish({ ...forged, leaves: forged.leaves.toReversed() });
    await publish(good);
    await waitUntil(async () => {
      const rows = await fixture.rows<{ id: string }>('SELECT batch_id AS id FROM anchors.event_batch');
      return rows.length === 1 && rows[0]?.id === good.batchId;
    });
    const operator = await fixture.nats.connect('operator');
    try {
      const letters = await waitUntil(async () => {
        const { letters } = await listDeadLetters(operator, { service: 'anchor-worker' });
        return letters.length === 2 && letters;
      });
      expect(letters.map(({ code }) => code)).toEqual(['validation-failed', 'validation-failed']);
      expect(letters.map(({ reason }) => reason).sort()).toEqual([
        expect.stringContaining('were signed'),
        expect.stringContaining('re-dated'),
      ]);
    } finally {
      await operator.close();
    }
  });

  it('stand there once each when they were acknowledged, however often the signer is killed', async () => {
    const hub = await fixture.client('attestation-hub', 2_000);
    const acknowledged = new Map<string, string>();
    const asked = Array.from({ length: 40 }, (_, index) => ({
      batchId: uuidV7(),
      format: 'event-batch-v2' as const,
      leaves: [digestOf(`killed ${index}`), digestOf(`killed ${index} too`)],
    }));
    const submit = async (request: (typeof asked)[number]): Promise<void> => {
      // As a caller does: the same request until it is answered.
      for (;;) {
        const answer = await hub.call('signer', 'sign-batch', request).catch(() => undefined);
        if (answer === undefined) continue;
        acknowledged.set(request.batchId, answer.signature);
        return;
      }
    };
    const submitted = Promise.all(asked.map(submit));
    for (let kills = 0; kills < 2; kills += 1) {
      await fixture.signer.kill();
      await fixture.signer.resume();
    }
    await submitted;
    const logged = await waitUntil(async () => {
      const found = await fixture.rows<{ id: string; entry: string }>(
        `SELECT batch_id AS id, entry FROM anchors.event_batch JOIN anchors.log_entry USING (log_index)
         WHERE batch_id = ANY($1::uuid[])`,
        [asked.map(({ batchId }) => batchId)],
      );
      return found.length >= asked.length && found;
    }, 30_000);
    expect(logged).toHaveLength(asked.length);
    for (const { id, entry } of logged)
      expect(entry).toContain(sha256TextHex(acknowledged.get(id) ?? 'never acknowledged'));
  }, 90_000);
});

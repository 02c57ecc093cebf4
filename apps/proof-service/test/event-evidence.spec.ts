import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventBatchFormats } from '@touchstone/contracts';
import { EVENT_BYTES_MAX } from '@touchstone/event-batch';
import { EVIDENCE_MEDIA_TYPE, verifyEvidence } from '@touchstone/evidence';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import { problemOf } from '@touchstone/testing/service';
import { EVENT_QUESTION_BYTES_MAX } from '../src/transport/http/evidence.controller.js';
import { ProofFixture, type ProofClient } from './support/proof-fixture.js';

const events = ['a', 'b', 'c', 'd', 'e'].map((id, n) => ({ id, n, salt: `${id}`.repeat(22) }));

let fixture: ProofFixture;
let client: ProofClient;

beforeAll(async () => {
  fixture = await ProofFixture.create();
  client = await fixture.start();
});
afterAll(() => fixture.close());

const verify = (text: string) =>
  verifyEvidence(text, { trust: fixture.world.trust(), nowMs: Date.now(), strict: true });
const ask = (batchId: string, event: unknown, query = '') =>
  client.post(`/v1/evidence${query}`, { batchId, event });

/** Signed, sealed, and covered by a checkpoint that is anchored. */
async function anchored(...parameters: Parameters<ProofFixture['world']['batchSigned']>) {
  const { world } = fixture;
  const signed = await world.batchSigned(...parameters);
  await fixture.publish(signed, world.eventsSealed(signed));
  const checkpoint = await world.checkpointPublished();
  await fixture.publish(checkpoint, world.anchorFinal(checkpoint));
  const { batchId } = signed.body;
  await waitUntil(async () => (await ask(batchId, parameters[0][0], '?require=anchored')).status === 200);
  return signed.body;
}

describe.each(eventBatchFormats)('evidence of events of %s', (format) => {
  it('is 404, then pending at each stage, then L1, then L2', async () => {
    const { world } = fixture;
    const signed = await world.batchSigned(events, { format });
    const { evidenceId } = signed.body;
    const path = `/v1/evidence/${evidenceId}?event=c`;
    expect(await problemOf(await client.get(path))).toMatchObject({ code: 'unknown-batch' });
    await fixture.publish(signed);
    await client.stage(evidenceId, 'accepted', '?event=c');
    await fixture.publish(world.eventsSealed(signed));
    await client.stage(evidenceId, 'logged', '?event=c');
    const checkpoint = await world.checkpointPublished();
    await fixture.publish(checkpoint);
    expect(verify(await client.bundle(evidenceId, '?event=c'))).toMatchObject({
      result: 'VALID',
      label: 'L1',
      subject: { kind: 'event', eventId: 'c', format, tenant: signed.body.tenant },
    });
    await fixture.publish(world.anchorFinal(checkpoint));
    for (const { id } of events) {
      const text = await client.bundle(evidenceId, `?event=${id}&require=anchored`);
      expect(verify(text)).toMatchObject({ result: 'VALID', label: 'L2', subject: { eventId: id } });
    }
    const [first] = signed.body.leaves;
    const byLeaf = await client.bundle(evidenceId, `?leaf=${first}&require=anchored`);
    expect(byLeaf).toBe(await client.bundle(evidenceId, '?event=a&require=anchored'));
    expect(await client.metric('touchstone_proof_self_check_failures_total')).toBe(0);
  });

  it('is given for an event that its owner kept and brings along, and is kept for nobody', async () => {
    const { batchId, evidenceId } = await anchored(events, { format, held: false });
    expect(await problemOf(await client.get(`/v1/evidence/${evidenceId}?event=a`))).toMatchObject({
      code: 'event-not-held',
      detail: expect.stringContaining('POST /v1/evidence'),
    });
    const answer = await ask(batchId, events[3], '?require=anchored');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, EVIDENCE_MEDIA_TYPE]);
    expect(verify(await answer.text())).toMatchObject({ label: 'L2', subject: { eventId: 'd' } });
    const kept = await fixture.rows('SELECT event FROM proofs.event WHERE batch_id = $1', [batchId]);
    expect(kept).toEqual([]);
    const { status } = await client.get(`/v1/evidence/${evidenceId}?event=d`);
    expect(status).toBe(409);
  });

  it('is not given for an event that the batch does not have', async () => {
    const { batchId, evidenceId, leaves } = await anchored(events, { format });
    for (const query of ['?event=f', `?leaf=${'00'.repeat(32)}`])
      expect(await problemOf(await client.get(`/v1/evidence/${evidenceId}${query}`))).toMatchObject({
        code: 'not-found',
      });
    expect(await problemOf(await ask(batchId, { ...events[0], n: 9 }))).toMatchObject({ code: 'not-found' });
    expect(await problemOf(await ask(uuidV7(), events[0]))).toMatchObject({ code: 'unknown-batch' });
    expect(await problemOf(await ask(batchId, { n: 1 }))).toMatchObject({ code: 'event-invalid' });
    // The id of the batch stands in the log: it reads nothing.
    expect((await client.get(`/v1/evidence/${batchId}?event=a`)).status).toBe(404);
    const both = await client.get(`/v1/evidence/${evidenceId}?event=a&leaf=${leaves[0]}`);
    expect(await problemOf(both)).toMatchObject({ code: 'validation-failed' });
  });

  it('is proven leaf by leaf beside it, in the tree of its format', async () => {
    const { batchId, leaves } = await anchored(events, { format });
    const { treeProfile } = JSON.parse(String((await client.json(`/v1/proof/${batchId}`))['entry'])) as {
      treeProfile: string;
    };
    for (const leaf of leaves) {
      const answer = await client.json(`/v1/proof/${batchId}?leaf=${leaf}`);
      const { leaf: _leaf, ...proof } = answer['inclusion'] as Record<string, unknown>;
      const claim = { proof, merkleRoot: answer['root'], leafData: leaf };
      const verdict = await (await client.post('/v1/proof/verify', { ...claim, treeProfile })).json();
      expect(verdict).toMatchObject({ valid: true });
    }
    const binary = await fetch(`${client.url}/v1/proof/${batchId}?leaf=${leaves[0]}`, {
      headers: { accept: 'application/octet-stream' },
    });
    expect(binary.status).toBe(format === 'event-batch-v1' ? 406 : 200);
  });

  it.each(['first', 'last'])('comes together whichever message comes %s', async (order) => {
    const { world } = fixture;
    const signed = await world.batchSigned(events, { format });
    const sealed = world.eventsSealed(signed);
    const checkpoint = await world.checkpointPublished();
    const messages = [signed, sealed, checkpoint];
    await fixture.publish(...(order === 'first' ? messages : messages.reverse()), signed);
    expect(verify(await client.bundle(signed.body.evidenceId, '?event=e'))).toMatchObject({ label: 'L1' });
  });
});

describe('events that cannot be', () => {
  it.each([
    [
      'leaves of other events',
      {
        leaves: Array(5)
          .fill('00')
          .map((byte, n) => `${byte.repeat(31)}0${n}`),
      },
    ],
    ['an event less', { events: events.slice(1) }],
    ['another event', { events: [...events.slice(0, 4), { id: 'e', n: 9 }] }],
    ['another root', { root: '00'.repeat(32) }],
    ['another count', { leafCount: 4 }],
    ['no events', { events: ['a', 'b', 'c', 'd', 'e'] }],
  ])('raise an alarm and are not served: %s', async (_what, change) => {
    const before = await client.metric('touchstone_proof_alarms_total');
    const { subject, body } = await fixture.world.batchSigned(events);
    const evidenceId = uuidV7();
    await fixture.publish({ subject, body: { ...body, ...change, evidenceId } as never });
    await client.untilMetric('touchstone_proof_alarms_total', before + 1);
    expect((await client.get(`/v1/evidence/${evidenceId}?event=a`)).status).toBe(404);
  });

  it('are not served with a place that speaks of another tenant', async () => {
    const { world } = fixture;
    const signed = await world.batchSigned(events);
    await fixture.publish(signed, world.eventsSealed(signed, { scope: { tenant: uuidV7() } }));
    await fixture.publish(await world.checkpointPublished());
    const answer = await client.until(`/v1/evidence/${signed.body.evidenceId}?event=a`, 500);
    expect(await problemOf(answer)).toMatchObject({ code: 'internal' });
  });
});

describe('a question about an event', () => {
  it('has EVENT_QUESTION_BYTES_MAX at most', async () => {
    const body = JSON.stringify({ batchId: uuidV7(), event: { id: 'a' } });
    for (const [bytes, code] of [
      [EVENT_QUESTION_BYTES_MAX, 'unknown-batch'],
      [EVENT_QUESTION_BYTES_MAX + 1, 'body-too-large'],
    ] as const)
      expect(await problemOf(await client.post('/v1/evidence', body.padEnd(bytes)))).toMatchObject({ code });
    expect(EVENT_BYTES_MAX).toBeLessThan(EVENT_QUESTION_BYTES_MAX);
  });
});

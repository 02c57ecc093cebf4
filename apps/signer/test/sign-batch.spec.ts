import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BATCH_EVENTS_BYTES_MAX,
  BATCH_LEAVES_MAX,
  type KeystoreEntry,
  type RpcRequest,
  type RpcResponse,
} from '@touchstone/contracts';
import { readKeys, type Key } from '@touchstone/crypto';
import { EVENT_BYTES_MAX, EVENT_ID_BYTES_MAX, noteHash, verifyBatchSignature } from '@touchstone/event-batch';
import type { RpcClient } from '@touchstone/nats';
import { FakeClock } from '@touchstone/testing';
import { problemOf, type TestService } from '@touchstone/testing/service';
import { BATCH_CALLERS_MAX, configSchema } from '../src/config.js';
import { KEY_SET_AGE_MAX_MS } from '../src/domain/current-key-set.js';
import { KEY_OVERLAP_MS } from '../src/domain/merge-key-set.js';
import { BATCH_REQUEST_BYTES_MAX } from '../src/domain/verbs.js';
import {
  COLLECTOR_TENANT,
  COLLECTOR_TOKEN,
  EVENTS_ALONE_TOKEN,
  GATEWAY_TOKEN,
  HUB_TENANT,
  SignerFixture,
} from './support/signer-fixture.js';

type Request = RpcRequest<'signer', 'sign-batch'>;
type Batch = RpcResponse<'signer', 'sign-batch'>;

let fixture: SignerFixture;
let signer: TestService;
let hub: RpcClient;
let key: Key;

beforeAll(async () => {
  fixture = await SignerFixture.create();
  signer = await fixture.start();
  hub = await fixture.client('attestation-hub');
  const worker = await fixture.client('anchor-worker');
  const { keySet } = await worker.call('signer', 'key-set', {});
  const entry = keySet.keys.find(({ use }) => use === 'event-batch') as KeystoreEntry;
  const reading = readKeys([entry], Date.now());
  if (!reading.ok) throw new Error('The key cannot be read.');
  key = reading.keys[0] as Key;
}, 60_000);
afterAll(() => fixture.close());

let events = 0;
const event = (more: object = {}) => ({ id: `event-${(events += 1)}`, salt: 's'.repeat(22), ...more });
const sign = (request: Request): Promise<Batch> => hub.call('signer', 'sign-batch', request);
const post = (request: unknown, token = COLLECTOR_TOKEN) =>
  signer.post('/v1/batches', JSON.stringify(request), { authorization: `Bearer ${token}` });
const posted = async (request: Request): Promise<Batch> =>
  (await (await post(request)).json()) as Promise<Batch>;
const refused = async (request: unknown, token?: string) => problemOf(await post(request, token));
const noteOf = (batch: Batch) =>
  verifyBatchSignature(
    {
      ...{ format: batch.format, alg: 'Ed25519', kid: batch.kid, batch_ts: batch.batchTs },
      ...{ merkle_root: batch.root, leaf_count: batch.leafCount, signature: batch.signature },
    },
    key,
  );
const announced = async (batchId: string): Promise<Record<string, unknown>[]> =>
  (
    await fixture.rows<{ payload: Buffer }>(
      `SELECT payload FROM signer.outbox WHERE subject = 'evt.v1.signing.batch.signed'`,
    )
  )
    .map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>)
    .filter((body) => body['batchId'] === batchId);

describe('sign-batch', () => {
  it.each(['event-batch-v1', 'event-batch-v2'] as const)(
    'signs %s with the published key, in order of the ids (R-BATCH-1, R-BATCH-2)',
    async (format) => {
      const batch = await sign({ format, events: [{ id: 'é' }, { id: 'z', n: 1 }, { id: 'Z' }] });
      expect(batch).toMatchObject({ format, tenant: HUB_TENANT, kid: key.kid, leafCount: 3 });
      expect(batch.events?.map(({ id }) => id)).toEqual(['Z', 'z', 'é']);
      expect(batch.warnings).toEqual([{ code: 'leaf-guessable', detail: expect.stringContaining('3 of 3') }]);
      noteOf(batch);
      expect(() => noteOf({ ...batch, root: '00'.repeat(32) })).toThrow();
    },
  );

  it('gives leaves the signature that their events would have, and keeps no event', async () => {
    const request = { format: 'event-batch-v2' as const, events: [event(), event()] };
    const whole = await sign(request);
    const leaves = whole.events?.map(({ leaf }) => leaf) ?? [];
    const batch = await sign({ format: 'event-batch-v2', leaves });
    expect(batch).toMatchObject({ root: whole.root, leafCount: 2, events: null, warnings: [] });
    expect(batch.batchId).not.toBe(whole.batchId);
  });

  it('records and announces each batch once, in the transaction that makes it durable', async () => {
    const request = { batchId: '0190cccc-0000-7000-8000-000000000001', events: [event()] };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => sign({ ...request, format: 'event-batch-v2' })),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const [{ root, leaves, tenant }, ...others] = (await announced(request.batchId)) as [never];
    expect([root, tenant, others]).toEqual([answers[0]?.root, HUB_TENANT, []]);
    expect(leaves).toEqual(answers[0]?.events?.map(({ leaf }) => leaf));
    const audited = await fixture.rows(
      `SELECT caller, result FROM signer.signing_audit WHERE operation = 'sign-batch' AND key_id = $1`,
      [key.kid],
    );
    expect(audited).toContainEqual({ caller: 'attestation-hub', result: 'signed' });
  });

  it('keeps each stream in an order of its own, whoever asks at the same time', async () => {
    const [ours, theirs] = await Promise.all([
      Promise.all(Array.from({ length: 12 }, () => sign({ format: 'event-batch-v2', events: [event()] }))),
      Promise.all(Array.from({ length: 12 }, () => posted({ format: 'event-batch-v2', events: [event()] }))),
    ]);
    for (const stream of [ours, theirs]) {
      const sorted = stream.toSorted((left, right) => (left.batchTs < right.batchTs ? -1 : 1));
      expect(new Set(sorted.map(({ batchTs }) => batchTs)).size).toBe(12);
      for (const [place, batch] of sorted.entries())
        if (place > 0) expect(noteOf(batch)?.previous).toBe(noteHash(sorted[place - 1]?.signature ?? ''));
    }
    expect([ours[0]?.tenant, theirs[0]?.tenant]).toEqual([HUB_TENANT, COLLECTOR_TENANT]);
  });

  it('dates at most one batch of version 1 ahead of its second, and says when to come again', async () => {
    const other = await SignerFixture.create();
    const clock = new FakeClock('2026-11-29T12:00:00.400Z');
    const at = await other.startAt(clock);
    const ask = () =>
      at.post('/v1/batches', JSON.stringify({ format: 'event-batch-v1', events: [event()] }), {
        authorization: `Bearer ${COLLECTOR_TOKEN}`,
      });
    const timeOf = async (response: Response) => ((await response.json()) as Batch).batchTs;
    expect(await timeOf(await ask())).toBe('2026-11-29T12:00:00Z');
    expect(await timeOf(await ask())).toBe('2026-11-29T12:00:01Z');
    const late = await ask();
    expect(late.headers.get('retry-after')).toBe('1');
    expect(await problemOf(late)).toMatchObject({ code: 'rate-limited', status: 429 });
    clock.advance(1_000);
    expect(await timeOf(await ask())).toBe('2026-11-29T12:00:02Z');
    await other.close();
  });

  it.each([
    ['a text', ['text'], 'event-not-an-object'],
    ['no id', [{}], 'event-id'],
    ['an id that is too long', [{ id: 'é'.repeat(EVENT_ID_BYTES_MAX / 2) + 'x' }], 'event-id'],
    ['one event twice', [{ id: 'a' }, { id: 'b' }, { id: 'a' }], 'duplicate-leaf'],
    ['one id twice', [{ id: 'a' }, { id: 'a', b: 1 }], 'duplicate-id'],
    ['a large event', [{ id: 'a', text: 'x'.repeat(EVENT_BYTES_MAX) }], 'too-large'],
  ])('refuses %s with the place and the reason', async (_what, given, reason) => {
    const problem = await refused({ format: 'event-batch-v2', events: given });
    const [error] = problem.errors ?? [];
    expect(problem).toMatchObject({ code: 'event-invalid', status: 422 });
    expect(error?.detail).toContain(`${reason}: `);
    expect(error?.pointer).toBe(`/events/${given.length - 1}`);
  });

  it('refuses an event of 64 canonical bytes under version 1, which could be an inner node', async () => {
    const id = 'x'.repeat(64 - '{"id":""}'.length);
    expect(await refused({ format: 'event-batch-v1', events: [{ id }] })).toMatchObject({
      code: 'event-invalid',
      detail: expect.stringContaining('event-length-64'),
    });
    expect((await posted({ format: 'event-batch-v2', events: [{ id }] })).leafCount).toBe(1);
  });

  it.each(['event-batch-v1', 'event-batch-v2'] as const)(
    'refuses a leaf that stands in %s twice (CVE-2012-2459)',
    async (format) => {
      const [one, two] = ['01'.repeat(32), '02'.repeat(32)];
      expect(await refused({ format, leaves: [one, two, one] })).toMatchObject({
        code: 'event-invalid',
        detail: expect.stringContaining('duplicate-leaf'),
      });
    },
  );

  it('takes BATCH_LEAVES_MAX leaves and events, not one more', async () => {
    const leaves = Array.from({ length: BATCH_LEAVES_MAX + 1 }, (_, index) =>
      index.toString(16).padStart(64, '0'),
    );
    const format = 'event-batch-v2';
    expect(await refused({ format, leaves })).toMatchObject({ code: 'validation-failed' });
    expect(await refused({ format, events: leaves.map((id) => ({ id })) })).toMatchObject({
      code: 'validation-failed',
    });
    const batch = await posted({ format, leaves: leaves.slice(1) });
    expect(batch.leafCount).toBe(BATCH_LEAVES_MAX);
    const whole = await posted({ format, events: leaves.slice(1).map((id) => ({ id })) });
    expect(whole.events).toHaveLength(BATCH_LEAVES_MAX);
    expect(await announced(whole.batchId)).toHaveLength(1);
  });

  it('takes events of BATCH_EVENTS_BYTES_MAX canonical bytes together, not one more', async () => {
    const empty = '{"id":"x0","text":""}'.length;
    const textOf = (bytes: number) => 'x'.repeat(bytes - empty);
    const request = (lastBytes: number) => ({
      format: 'event-batch-v2' as const,
      events: Array.from({ length: 8 }, (_, index) => ({
        id: `x${index}`,
        text: textOf(index === 7 ? lastBytes : EVENT_BYTES_MAX),
      })),
    });
    expect(8 * EVENT_BYTES_MAX).toBe(BATCH_EVENTS_BYTES_MAX);
    const largest = request(EVENT_BYTES_MAX);
    expect((await posted(largest)).leafCount).toBe(8);
    const more = { ...largest, events: [...largest.events, { id: 'y' }] };
    expect(await refused(more)).toMatchObject({
      code: 'event-invalid',
      detail: expect.stringContaining('too-large'),
    });
  });

  it('takes a body of BATCH_REQUEST_BYTES_MAX and none that is larger', async () => {
    const body = JSON.stringify({ format: 'event-batch-v2', events: [event()] });
    for (const [bytes, status] of [
      [BATCH_REQUEST_BYTES_MAX, 200],
      [BATCH_REQUEST_BYTES_MAX + 1, 413],
    ] as const) {
      const response = await signer.post('/v1/batches', body.padEnd(bytes), {
        authorization: `Bearer ${COLLECTOR_TOKEN}`,
      });
      expect(response.status).toBe(status);
    }
  });

  it('signs for callers that are configured, in their formats, and leaves for those that may', async () => {
    const request = { format: 'event-batch-v2', events: [event()] };
    expect(await refused(request, GATEWAY_TOKEN)).toMatchObject({ code: 'forbidden' });
    expect((await post(request, EVENTS_ALONE_TOKEN)).ok).toBe(true);
    for (const change of [{ format: 'event-batch-v1' }, { events: undefined, leaves: ['01'.repeat(32)] }])
      expect(await refused({ ...request, ...change }, EVENTS_ALONE_TOKEN)).toMatchObject({
        code: 'forbidden',
      });
    const gateway = await fixture.client('inference-gateway');
    await expect(gateway.call('signer', 'sign-batch', request as Request)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('is configured for BATCH_CALLERS_MAX callers, not one more', () => {
    const parse = (count: number) =>
      configSchema.shape.TOUCHSTONE_BATCH_CALLERS.safeParse(
        JSON.stringify(
          Object.fromEntries(
            Array.from({ length: count }, (_, index) => [`caller-${index}`, { tenant: HUB_TENANT }]),
          ),
        ),
      ).success;
    expect([parse(BATCH_CALLERS_MAX), parse(BATCH_CALLERS_MAX + 1)]).toEqual([true, false]);
  });

  it('keeps the id of one tenant from the other', async () => {
    const request = {
      batchId: '0190cccc-0000-7000-8000-000000000002',
      format: 'event-batch-v2' as const,
      events: [event()],
    };
    await sign(request);
    expect(await refused(request)).toMatchObject({ code: 'conflict' });
  });

  it('says which variable to set where it has no seed (R-BATCH-3)', async () => {
    const other = await SignerFixture.create();
    const bare = await other.start({ ORACLE_ED25519_SEED: undefined });
    const response = await bare.post(
      '/v1/batches',
      JSON.stringify({ format: 'event-batch-v2', events: [event()] }),
      {
        authorization: `Bearer ${COLLECTOR_TOKEN}`,
      },
    );
    expect(await problemOf(response)).toMatchObject({
      code: 'signing-refused',
      detail: expect.stringContaining('ORACLE_ED25519_SEED'),
    });
    await other.close();
  });

  it('signs nothing with a key that another signer replaced and that has ended', async () => {
    const other = await SignerFixture.create();
    const clock = new FakeClock(Date.now());
    const replaced = await other.startAt(clock);
    await other.startAt(clock, { ORACLE_ED25519_SEED: '77'.repeat(32) });
    const ask = () =>
      replaced.post('/v1/batches', JSON.stringify({ format: 'event-batch-v2', events: [event()] }), {
        authorization: `Bearer ${COLLECTOR_TOKEN}`,
      });
    expect((await ask()).ok).toBe(true);
    clock.advance(KEY_OVERLAP_MS + KEY_SET_AGE_MAX_MS);
    // More at once than there are connections to the database.
    const refusals = await Promise.all(Array.from({ length: 40 }, async () => problemOf(await ask())));
    for (const refusal of refusals)
      expect(refusal).toMatchObject({
        code: 'signing-refused',
        detail: expect.stringContaining('was replaced and has ended'),
      });
    const audited = `SELECT count(*)::int AS count FROM signer.signing_audit WHERE result = 'refused'`;
    expect(await other.rows(audited)).toEqual([{ count: 40 }]);
    await expect(other.startAt(clock)).rejects.toThrow(/was replaced and ended/);
    await other.close();
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiKeyList, DeveloperAnswer, RevenueAnswer } from '@touchstone/contracts/http/developers';
import type { PaymentReference } from '@touchstone/contracts';
import { TRANSFER_DROPPED } from '@touchstone/contracts/transfer';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import { DEVELOPER_KEYS_MAX } from '../src/domain/market/developer-key.js';
import type { PrivateKeyAccount } from 'viem/accounts';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { addressOf, askForKey, call, developer, market, submit, validated } from './support/market-scene.js';
import { answer, ask } from './support/operator-requests.js';
import { PayingClient } from './support/paying-client.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let replica: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ ...market, TOUCHSTONE_PAYMENT_MODE: 'x402' });
  replica = await fixture.start({ ...market, TOUCHSTONE_PAYMENT_MODE: 'x402' });
}, 60_000);

afterAll(() => fixture?.close());

async function approved(account: PrivateKeyAccount, manifest: Record<string, unknown>): Promise<void> {
  const { body } = await submit(gateway, { account, manifest });
  await validated(gateway, body.id);
  expect(await call(gateway, 'POST', `/v1/submissions/${body.id}/approve`, {})).toMatchObject({
    status: 200,
  });
}

const body = { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 2], data: [0, 3] }] };

async function pay(model: string): Promise<string> {
  const challenge = await infer(gateway, model, body);
  const header = await new PayingClient().headerFor(challenge);
  const answered = await infer(gateway, model, body, header);
  expect(answered.status).toBe(200);
  return ((await answered.json()) as { verificationId: string }).verificationId;
}

describe('API keys of developers', () => {
  it('are given to who signs and has submitted, open what is theirs, and are kept as digests', async () => {
    const account = developer();
    expect(await askForKey(gateway, account)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const { body: submission } = await submit(gateway, { account, manifest: { name: 'keyed' } });
    const made = await askForKey(gateway, account);
    expect(made.status).toBe(201);
    const { key, id } = made.body;
    for (const each of [gateway, replica]) {
      const me = await call<DeveloperAnswer>(each, 'GET', '/v1/developers/me', undefined, key);
      expect(me).toMatchObject({ status: 200, body: { developer: addressOf(account) } });
      expect(me.body.submissions.map(({ name }) => name)).toEqual(['keyed']);
    }
    const own = await call(gateway, 'GET', `/v1/submissions/${submission.id}`, undefined, key);
    expect(own).toMatchObject({ status: 200, body: { name: 'keyed' } });
    const others = await submit(gateway, { account: developer(), manifest: { name: 'of-another' } });
    expect(await call(gateway, 'GET', `/v1/submissions/${others.body.id}`, undefined, key)).toMatchObject({
      status: 404,
    });
    const listed = await call<{ submissions: unknown[] }>(gateway, 'GET', '/v1/submissions', undefined, key);
    expect(listed.body.submissions).toHaveLength(1);
    expect(await call(gateway, 'GET', '/v1/models/digits/history', undefined, key)).toMatchObject({
      status: 403,
    });
    expect(await call(gateway, 'POST', '/v1/models/digits/suspend', { reason: 'x' }, key)).toMatchObject({
      status: 401,
    });
    const kept = await fixture.column<string>('SELECT k::text FROM gateway.developer_keys k');
    expect(kept.join()).not.toContain(key.slice(4));

    const listOf = async () =>
      (await call<ApiKeyList>(gateway, 'GET', '/v1/developers/keys', undefined, key)).body.keys;
    expect(await listOf()).toMatchObject([{ id, label: 'laptop', revokedAt: null }]);
    const second = (await askForKey(gateway, account, { signed: { label: 'server' } })).body;
    const revoke = (of: string) =>
      call(replica, 'DELETE', `/v1/developers/keys/${of}`, undefined, second.key);
    expect(await revoke(id)).toMatchObject({ status: 200, body: { revokedAt: expect.any(String) } });
    expect(await revoke(id)).toMatchObject({ status: 200 });
    expect(await revoke('01890a5d-ac96-774b-bcce-b302099a8059')).toMatchObject({ status: 404 });
    expect(await call(gateway, 'GET', '/v1/developers/me', undefined, key)).toMatchObject({ status: 401 });
  });

  it.each([
    ['that nobody was given', `tsk_${'A'.repeat(43)}`],
    ['of another form', 'x'.repeat(47)],
    ['of the operator', 'operator-token-of-the-tests-0123456789abcdef'],
  ])('%s open nothing', async (_name, key) => {
    for (const path of ['me', 'me/revenue', 'keys'])
      expect(await call(gateway, 'GET', `/v1/developers/${path}`, undefined, key)).toMatchObject({
        status: 401,
      });
  });

  it('are made once by each signed request, and by nobody else', async () => {
    const account = developer();
    await submit(gateway, { account, manifest: { name: 'once' } });
    const both = await Promise.all([askForKey(gateway, account), askForKey(replica, account)]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const now = Math.floor(Date.now() / 1_000);
    const refused: Record<string, unknown>[] = [
      { developer: addressOf(developer()) },
      { label: 'other' },
      // Not the one that is signed, which is 600 seconds ahead of whenever that is.
      { deadline: now + 900 },
      { signed: { deadline: now - 1 } },
      { signed: { deadline: now + 86_500 } },
    ];
    for (const change of refused)
      expect(await askForKey(gateway, account, change)).toMatchObject({
        status: 422,
        body: { code: 'signature-invalid' },
      });
  });

  it('are DEVELOPER_KEYS_MAX at once and not one more', async () => {
    const account = developer();
    await submit(gateway, { account, manifest: { name: 'many-keys' } });
    const ask = (at: number) => askForKey(gateway, account, { signed: { label: `key ${at}` } });
    const made = [];
    for (let at = 0; at < DEVELOPER_KEYS_MAX; at += 1) made.push(await ask(at));
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 201));
    expect(await ask(DEVELOPER_KEYS_MAX)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    const { id, key } = made[0]?.body as { id: string; key: string };
    await call(gateway, 'DELETE', `/v1/developers/keys/${id}`, undefined, key);
    expect(await ask(DEVELOPER_KEYS_MAX)).toMatchObject({ status: 201 });
  });
});

describe('what models earn', () => {
  it('is counted with the answers: calls, errors, shares rounded down, and what is reversed is taken out', async () => {
    const account = developer();
    await approved(account, { name: 'earning', priceAtomic: '10001', revenueShareBps: 6_999 });
    const { key } = (await askForKey(gateway, account)).body;
    const revenue = async (query = '') =>
      (await call<RevenueAnswer>(replica, 'GET', `/v1/developers/me/revenue${query}`, undefined, key)).body;
    expect(await revenue()).toMatchObject({
      lines: [],
      totals: { calls: 0, chargedAtomic: '0' },
      pendingAtomic: '0',
    });

    const paid = [await pay('earning'), await pay('earning'), await pay('earning')];
    const page = async () =>
      (await (await fetch(`${replica.url}/v1/models/earning`)).json()) as {
        statistics: Record<string, unknown>;
      };
    expect((await page()).statistics).toMatchObject({
      calls: 3,
      errors: 0,
      averageInferenceMs: expect.any(Number),
    });
    const day = new Date().toISOString().slice(0, 10);
    const line = { modelId: 'earning', day, revenueShareBps: 6_999, calls: 3, errors: 0 };
    // 30003 × 0.6999 = 20999.0997
    const shares = { chargedAtomic: '30003', developerShareAtomic: '20999', platformShareAtomic: '9004' };
    expect(await revenue()).toMatchObject({
      lines: [{ ...line, ...shares }],
      totals: shares,
      pendingAtomic: '20999',
    });
    expect(await revenue('?model=nothing')).toMatchObject({ lines: [] });
    expect(await revenue('?from=2020-01-01&to=2020-01-02')).toMatchObject({ lines: [] });
    for (const query of [
      '?from=2020-01-01&to=2021-01-02',
      '?from=2020-01-02&to=2020-01-01',
      '?from=1',
      '?x=1',
    ])
      expect(await call(gateway, 'GET', `/v1/developers/me/revenue${query}`, undefined, key)).toMatchObject({
        status: 400,
      });
    expect((await revenue('?from=2020-01-01&to=2020-12-31')).lines).toEqual([]);

    // A reorganisation drops one; the event comes twice.
    const [reservation] = await fixture.column<string>(
      'SELECT reservation_id FROM gateway.verifications WHERE id = $1',
      [paid[0]],
    );
    await reverse(reservation as string);
    const after = { chargedAtomic: '20002', developerShareAtomic: '13999', platformShareAtomic: '6003' };
    expect(await revenue()).toMatchObject({
      lines: [{ ...line, ...after, calls: 2 }],
      pendingAtomic: '13999',
    });
    expect((await page()).statistics).toMatchObject({ calls: 2 });
  }, 60_000);

  it('has answers that are free among the calls, and the most asked models first where that is wanted', async () => {
    const free = developer();
    await approved(free, { name: 'given-away', priceAtomic: '0' });
    for (let call = 0; call < 5; call += 1)
      expect(await ask(gateway, 'given-away', [1, 0])).toMatchObject({ status: 200 });
    const list = await answer(fetch(`${replica.url}/v1/models?sort=-calls`));
    const ids = (list.body as unknown as { models: { id: string }[] }).models.map(({ id }) => id);
    expect(ids.slice(0, 2)).toEqual(['given-away', 'earning']);
    const [line] = (
      await call<RevenueAnswer>(
        gateway,
        'GET',
        '/v1/developers/me/revenue',
        undefined,
        (await askForKey(gateway, free)).body.key,
      )
    ).body.lines;
    expect(line).toMatchObject({ calls: 5, chargedAtomic: '0', developerShareAtomic: '0' });
  }, 60_000);

  it('has runs that failed as errors', async () => {
    const account = developer();
    await approved(account, { name: 'failing', priceAtomic: '0' });
    await fixture.rows(
      `UPDATE gateway.file_pieces SET bytes = set_byte(bytes, 8, 255)
       WHERE file_id = (SELECT file_id FROM gateway.added_models WHERE model_id = 'failing')`,
    );
    // Others have the same file, which the first gateway has on its disk.
    const third = await fixture.start({ ...market, TOUCHSTONE_PAYMENT_MODE: 'x402' });
    expect(await ask(third, 'failing', [1, 0])).toMatchObject({ status: 500 });
    // What is not written yet is when it stops.
    await third.stop();
    const errors = await fixture.column<number>(
      // Changes are added to the totals from time to time.
      `SELECT sum(errors)::int FROM gateway.models JOIN (
         SELECT model_version_id, errors FROM gateway.model_usage_changes
         UNION ALL SELECT model_version_id, errors FROM gateway.model_usage) counted USING (model_version_id)
       WHERE model_id = 'failing'`,
    );
    expect(errors[0]).toBeGreaterThanOrEqual(1);
  }, 60_000);
});

/** As the payment-verifier tells it, twice. */
async function reverse(reservationId: string): Promise<void> {
  const [payment] = await fixture.column(
    `SELECT context -> 'payment' FROM gateway.verifications WHERE reservation_id = $1`,
    [reservationId],
  );
  const publisher = await fixture.publisher('payment-verifier');
  const failedAt = new Date().toISOString();
  const dropped = { reservationId, requestDigest: 'ab'.repeat(32), reason: TRANSFER_DROPPED, failedAt };
  const event = { ...dropped, payment: payment as PaymentReference };
  for (let time = 0; time < 2; time += 1)
    await publisher.publish('evt.v1.payment.transfer.failed', event, { msgId: uuidV7() });
  await waitUntil(async () => {
    const states = 'SELECT state FROM gateway.verifications WHERE reservation_id = $1';
    return (await fixture.column(states, [reservationId]))[0] === 'payment-failed';
  });
}

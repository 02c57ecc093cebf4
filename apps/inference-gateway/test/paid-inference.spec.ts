import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { outputRecorded } from '@touchstone/contracts';
import { contextNonce, requestDigest } from '@touchstone/evidence';
import { EventPublisher } from '@touchstone/nats';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import { decodePaymentResponseHeader } from '@x402/core/http';
import { wrapFetchWithPayment } from '@x402/fetch';
import { PAYMENT_HEADER_CHARACTERS_MAX } from '../src/adapters/x402/x402-payment-reader.js';
import { GatewayHarness, infer, PAY_TO, type Gateway } from './gateway-harness.js';
import { headerOf, PayingClient } from './paying-client.js';
import { heldOutRow } from './sample-models.js';

interface Answer {
  readonly verificationId: string;
  readonly proof: { readonly nonce: string };
  readonly context: Parameters<typeof contextNonce>[0];
  readonly payment: { readonly payer: string; readonly nonce: string };
}

let harness: GatewayHarness;
let gateway: Gateway;

beforeAll(async () => {
  harness = await GatewayHarness.start();
  gateway = await harness.gateway({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
}, 60_000);

afterAll(async () => harness.stop());

afterEach(() => {
  harness.payments.nextSettle = 'settled';
  harness.payments.poorPayer = undefined;
  harness.signer.failure = undefined;
});

const { values } = heldOutRow('digits');
const body = { inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: values }] };
const ask = (headers: Record<string, string> = {}, what: unknown = body, model = 'digits') =>
  infer(gateway, model, what, headers);
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

/** A payment that fits a request, and how often model and money moved since. */
async function paid() {
  const client = new PayingClient();
  const payment = await client.pay(client.challengeOf(await ask()));
  const before = { signed: harness.signer.signed, transfers: harness.payments.transfers };
  const moved = () => ({
    runs: harness.signer.signed - before.signed,
    transfers: harness.payments.transfers - before.transfers,
  });
  return { client, payment, header: headerOf(payment), moved };
}

describe('a request without payment', () => {
  it('is 402 with a challenge that the library reads, and a problem', async () => {
    const response = await ask();
    expect(response.status).toBe(402);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(new PayingClient().challengeOf(response)).toEqual({
      x402Version: 2,
      error: 'PAYMENT-SIGNATURE header is required',
      resource: {
        url: 'http://127.0.0.1:8080/v1/models/digits/infer',
        description: 'Handwritten digits 1.0.0',
        mimeType: 'application/json',
      },
      accepts: [
        {
          scheme: 'exact',
          network: 'eip155:8453',
          asset: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
          amount: '10000',
          payTo: PAY_TO,
          maxTimeoutSeconds: 120,
          extra: { name: 'USD Coin', version: '2' },
        },
      ],
    });
    expect(await codeOf(response)).toBe('payment-required');
  });

  it('costs what the model costs', async () => {
    const features = {
      name: 'features',
      datatype: 'FP32',
      shape: [1, 30],
      data: heldOutRow('breast-cancer').values,
    };
    const response = await ask({}, { inputs: [features] }, 'breast-cancer');
    expect(new PayingClient().challengeOf(response).accepts[0]?.amount).toBe('20000');
  });
});

describe('a paid request', () => {
  it('is answered to the unmodified fetch client of the library (R-PAY-3)', async () => {
    const client = new PayingClient();
    const fetchPaid = wrapFetchWithPayment(fetch, client.client);
    const response = await fetchPaid(`${gateway.url}/v1/models/digits/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    const settlement = decodePaymentResponseHeader(response.headers.get('payment-response') ?? '');
    expect(settlement).toMatchObject({ success: true, network: 'eip155:8453', payer: client.payer });
    const answer = (await response.json()) as Answer;
    expect(answer.payment).toMatchObject({ payer: client.payer, payTo: PAY_TO, amount: '10000' });
    expect(answer.context.payment).toEqual(answer.payment);
    expect(answer.proof.nonce).toBe(contextNonce(answer.context));
  });

  it('is recorded with the request it belongs to and its receipt (R-PAY-2)', async () => {
    const { header } = await paid();
    const response = await ask(header);
    const answer = (await response.json()) as Answer;
    const events = await harness.outbox<{ verificationId: string }>('evt.v1.inference.output.recorded');
    const mine = events.filter(({ verificationId }) => verificationId === answer.verificationId);
    expect(mine).toHaveLength(1);
    const event = outputRecorded.parse(mine[0]);
    expect(event.payment?.receipt).toEqual({ transaction: `0x${'ab'.repeat(32)}` });
    expect(requestDigest(event.payment?.requestParts ?? (undefined as never))).toBe(
      answer.context.requestDigest,
    );
    const shown = await (await fetch(`${gateway.url}/v1/verifications/${answer.verificationId}`)).json();
    expect(shown).toMatchObject({ status: 'settled', payment: { transaction: `0x${'ab'.repeat(32)}` } });
  });

  it('is answered byte for byte the same when it comes again, with no run and no charge', async () => {
    const { header, moved } = await paid();
    const first = await ask(header);
    const firstBody = Buffer.from(await first.arrayBuffer());
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const second = await ask(header);
    expect(Buffer.from(await second.arrayBuffer()).equals(firstBody)).toBe(true);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('payment-response')).toBe(first.headers.get('payment-response'));
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('sent five times at once runs the model once and is charged once', async () => {
    const { header, moved } = await paid();
    const other = await harness.gateway({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
    const responses = await Promise.all(
      [gateway, other, gateway, other, gateway].map((replica) => infer(replica, 'digits', body, header)),
    );
    await other.running.stop();
    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(1);
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
    for (const response of responses.filter(({ status }) => status === 409)) {
      expect(await codeOf(response)).toBe('payment-in-flight');
      expect(response.headers.get('retry-after')).toBe('1');
    }
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('cannot be used for another body or another model', async () => {
    const { header, moved } = await paid();
    expect((await ask(header)).status).toBe(200);
    const changed = { inputs: [{ ...body.inputs[0], data: values.map(() => 1) }] };
    const response = await ask(header, changed);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      code: 'payment-bound-to-other-request',
      legacyCode: 'PAYMENT_ALREADY_USED',
    });
    const elsewhere = await ask(header, { text: 'profit' }, 'financial-sentiment');
    expect(await codeOf(elsewhere)).toBe('payment-bound-to-other-request');
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });
});

describe('a payment that does not fit', () => {
  it.each([
    ['another amount', { amount: '9999' }],
    ['another asset', { asset: `0x${'33'.repeat(20)}` }],
    ['another receiver', { payTo: `0x${'44'.repeat(20)}` }],
    ['another network', { network: 'eip155:84532' as const }],
    ['another domain', { extra: { name: 'Fake Coin', version: '2' } }],
  ])('with %s is 402 with a fresh challenge', async (_name, change) => {
    const client = new PayingClient();
    const challenge = client.challengeOf(await ask());
    const [offered] = challenge.accepts;
    if (!offered) throw new Error('nothing is accepted');
    const payment = await client.pay({ ...challenge, accepts: [{ ...offered, ...change }] });
    const response = await ask(headerOf(payment));
    expect(response.status).toBe(402);
    expect(client.challengeOf(response)).toMatchObject({ error: 'no_matching_payment_requirements' });
    expect(await codeOf(response)).toBe('payment-invalid');
  });

  it.each([
    ['value', { value: '9999' }, 'invalid_exact_evm_payload_authorization_value_mismatch'],
    ['receiver', { to: `0x${'44'.repeat(20)}` }, 'invalid_exact_evm_recipient_mismatch'],
  ])('whose signed %s differs from what it accepted is 402', async (_name, change, reason) => {
    const { client, payment } = await paid();
    const { authorization, signature } = payment.payload as { authorization: object; signature: string };
    const forged = { ...payment, payload: { signature, authorization: { ...authorization, ...change } } };
    const response = await ask(headerOf(forged));
    expect([response.status, client.challengeOf(response).error]).toEqual([402, reason]);
  });

  it('by a payer without money is 402 with the reason of the library', async () => {
    const { client, header, moved } = await paid();
    harness.payments.poorPayer = client.payer;
    const response = await ask(header);
    expect([response.status, client.challengeOf(response).error]).toEqual([
      402,
      'invalid_exact_evm_insufficient_balance',
    ]);
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
  });

  it.each([
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('{').toString('base64')],
    ['a list', Buffer.from('[]').toString('base64')],
    [
      'version 1',
      Buffer.from('{"x402Version":1,"scheme":"exact","network":"base","payload":{}}').toString('base64'),
    ],
    ['nothing accepted', Buffer.from('{"x402Version":2,"payload":{}}').toString('base64')],
    ['nothing', ''],
    ['a comma', 'e30=, e30='],
  ])('and is %s in its header is 400', async (_name, header) => {
    const response = await ask({ 'PAYMENT-SIGNATURE': header });
    expect([response.status, await codeOf(response)]).toEqual([400, 'payment-malformed']);
  });

  it.each([
    ['signature', 'zz', '/payload/signature'],
    ['value', '1e4', '/payload/authorization/value'],
    ['value', '-1', '/payload/authorization/value'],
    ['nonce', '0x01', '/payload/authorization/nonce'],
    ['from', 'vitalik.eth', '/payload/authorization/from'],
    ['extra', 'x', '/payload/authorization'],
  ])('whose %s is %p is 400 with a pointer', async (member, value, pointer) => {
    const { payment } = await paid();
    const { authorization, signature } = payment.payload as { authorization: object; signature: string };
    const payload =
      member === 'signature'
        ? { authorization, signature: value }
        : { authorization: { ...authorization, [member]: value }, signature };
    const response = await ask(headerOf({ ...payment, payload }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'payment-malformed', errors: [{ pointer }] });
  });

  it(`of ${PAYMENT_HEADER_CHARACTERS_MAX} characters is read, one more is 400`, async () => {
    const { payment } = await paid();
    const sized = (characters: number) => {
      const bytes = Math.floor(characters / 4) * 3;
      const text = JSON.stringify(payment);
      const padded = text + ' '.repeat(bytes - text.length);
      return Buffer.from(padded).toString('base64').padEnd(characters, '=');
    };
    expect((await ask({ 'PAYMENT-SIGNATURE': sized(PAYMENT_HEADER_CHARACTERS_MAX) })).status).toBe(200);
    const long = await ask({ 'PAYMENT-SIGNATURE': sized(PAYMENT_HEADER_CHARACTERS_MAX + 1) });
    expect([long.status, await codeOf(long)]).toEqual([400, 'payment-malformed']);
  });
});

describe('when something fails after the payment was reserved', () => {
  it('a failing signer gives the reservation back, and the same payment works later', async () => {
    const { header, moved } = await paid();
    harness.signer.failure = new Error('the signer is broken');
    const failed = await ask(header);
    expect(failed.status).toBeGreaterThanOrEqual(500);
    expect(harness.payments.released.length).toBeGreaterThan(0);
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
    harness.signer.failure = undefined;
    expect((await ask(header)).status).toBe(200);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('a settlement that fails gives no answer out and writes no event', async () => {
    const { client, header, moved } = await paid();
    harness.payments.nextSettle = 'failed';
    const before = (await harness.outbox('evt.v1.inference.output.recorded')).length;
    const response = await ask(header);
    expect([response.status, client.challengeOf(response).error]).toEqual([402, 'insufficient_funds']);
    expect(JSON.stringify(await response.json())).not.toContain('outputs');
    expect(await harness.outbox('evt.v1.inference.output.recorded')).toHaveLength(before);
    const [id] = await harness.column<string>(
      `SELECT id FROM gateway.verifications WHERE state = 'payment-failed' ORDER BY created_at DESC LIMIT 1`,
    );
    const shown = await (await fetch(`${gateway.url}/v1/verifications/${id}`)).json();
    expect(shown).toMatchObject({
      status: 'payment-failed',
      proof: null,
      context: null,
      hashes: null,
      failure: 'insufficient_funds',
    });
    expect(moved()).toEqual({ runs: 1, transfers: 0 });
    harness.payments.nextSettle = 'settled';
    expect((await ask(header)).status).toBe(200);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('a settlement that is pending is 202 until the event says that it is settled', async () => {
    const { header, moved } = await paid();
    harness.payments.nextSettle = 'pending';
    const response = await ask(header);
    expect([response.status, await codeOf(response.clone())]).toEqual([202, 'settlement-pending']);
    expect(response.headers.get('retry-after')).toBe('2');
    const id = response.headers.get('location')?.split('/').at(-1) ?? '';
    const shown = async () =>
      (await fetch(`${gateway.url}/v1/verifications/${id}`)).json() as Promise<object>;
    expect(await shown()).toMatchObject({ status: 'executed', proof: null, hashes: null });
    const reservation = harness.payments.all().at(-1);
    if (!reservation) throw new Error('nothing was reserved');
    const publisher = new EventPublisher({ nc: await harness.connect('payment-verifier') });
    const settled = {
      reservationId: reservation.id,
      requestDigest: reservation.digest,
      payment: reservation.payment,
      transaction: `0x${'cd'.repeat(32)}`,
      settledAt: new Date().toISOString(),
    };
    await publisher.publish('evt.v1.payment.transfer.settled', settled, { msgId: uuidV7() });
    await publisher.publish('evt.v1.payment.transfer.settled', settled, { msgId: uuidV7() });
    await waitUntil(async () => ((await shown()) as { status: string }).status === 'settled', 10_000);
    const events = await harness.outbox<{ verificationId: string }>('evt.v1.inference.output.recorded');
    expect(events.filter(({ verificationId }) => verificationId === id)).toHaveLength(1);
    expect(moved()).toEqual({ runs: 1, transfers: 0 });
  });

  it('an event that the transfer failed marks the verification, and one for nothing known is passed over', async () => {
    const { header } = await paid();
    harness.payments.nextSettle = 'pending';
    const id = (await ask(header)).headers.get('location')?.split('/').at(-1) ?? '';
    const reservation = harness.payments.all().at(-1);
    if (!reservation) throw new Error('nothing was reserved');
    const publisher = new EventPublisher({ nc: await harness.connect('payment-verifier') });
    const failed = {
      requestDigest: reservation.digest,
      payment: reservation.payment,
      reason: 'expired',
      failedAt: new Date().toISOString(),
    };
    await publisher.publish(
      'evt.v1.payment.transfer.failed',
      { ...failed, reservationId: uuidV7() },
      { msgId: uuidV7() },
    );
    await publisher.publish(
      'evt.v1.payment.transfer.failed',
      { ...failed, reservationId: reservation.id },
      { msgId: uuidV7() },
    );
    await waitUntil(async () => {
      const shown = (await (await fetch(`${gateway.url}/v1/verifications/${id}`)).json()) as {
        failure: string;
      };
      return shown.failure === 'expired';
    }, 10_000);
  });
});

describe('a crash', () => {
  it('between run and settlement: the same payment is settled later with the stored answer, the model runs once', async () => {
    const { header, moved } = await paid();
    harness.payments.nextSettle = 'no-answer';
    expect((await ask(header)).status).toBe(202);
    expect(moved()).toEqual({ runs: 1, transfers: 0 });
    expect(await codeOf(await ask(header))).toBe('payment-in-flight');
    harness.payments.expireLeases();
    harness.payments.nextSettle = 'settled';
    const restarted = await harness.gateway({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
    const response = await infer(restarted, 'digits', body, header);
    expect(response.status).toBe(200);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
    await restarted.running.stop();
  });

  it('between settlement and its record: the same payment gives the stored answer and the event is written once', async () => {
    const { header, moved } = await paid();
    harness.payments.nextSettle = 'settled-no-answer';
    const lost = await ask(header);
    expect(lost.status).toBe(202);
    const id = lost.headers.get('location')?.split('/').at(-1) ?? '';
    const [first, second] = [await ask(header), await ask(header)];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(await first.text()).toBe(await second.text());
    const events = await harness.outbox<{ verificationId: string }>('evt.v1.inference.output.recorded');
    expect(events.filter(({ verificationId }) => verificationId === id)).toHaveLength(1);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });
});

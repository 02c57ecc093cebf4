import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outputRecorded } from '@touchstone/contracts';
import { inferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { contextNonce, requestDigest } from '@touchstone/evidence';
import { decodePaymentResponseHeader } from '@x402/core/http';
import { wrapFetchWithPayment } from '@x402/fetch';
import { GatewayFixture, infer, PAY_TO, type Gateway } from './support/gateway-fixture.js';
import { codeOf, digitsBody, digitValues, PaidRequests } from './support/paid-requests.js';
import { PayingClient } from './support/paying-client.js';
import { heldOutRow } from './support/sample-models.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let requests: PaidRequests;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  requests = new PaidRequests(fixture, gateway);
}, 60_000);

afterAll(async () => fixture.close());

describe('a request without payment', () => {
  it('is 402 with a challenge that the library reads, and a problem', async () => {
    const response = await requests.ask();
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
      extensions: { 'touchstone-transfer': expect.anything(), bazaar: expect.anything() },
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
    const response = await requests.ask({}, { inputs: [features] }, 'breast-cancer');
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
      body: JSON.stringify(digitsBody),
    });
    expect(response.status).toBe(200);
    const settlement = decodePaymentResponseHeader(response.headers.get('payment-response') ?? '');
    expect(settlement).toMatchObject({ success: true, network: 'eip155:8453', payer: client.payer });
    const answer = inferAnswer.parse(await response.json());
    expect(answer.payment).toMatchObject({ payer: client.payer, payTo: PAY_TO, amount: '10000' });
    expect(answer.context.payment).toEqual(answer.payment);
    expect(answer.proof.nonce).toBe(contextNonce(answer.context));
  });

  it('is recorded with the request it belongs to and its receipt (R-PAY-2)', async () => {
    const { header } = await requests.paid();
    const response = await requests.ask(header);
    const answer = inferAnswer.parse(await response.json());
    const events = await fixture.events<{ verificationId: string }>('evt.v1.inference.output.recorded');
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
    const { header, moved } = await requests.paid();
    const first = await requests.ask(header);
    const firstBody = Buffer.from(await first.arrayBuffer());
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const second = await requests.ask(header);
    expect(Buffer.from(await second.arrayBuffer()).equals(firstBody)).toBe(true);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('payment-response')).toBe(first.headers.get('payment-response'));
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('sent five times at once runs the model once and is charged once', async () => {
    const { header, moved } = await requests.paid();
    const other = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
    const responses = await Promise.all(
      [gateway, other, gateway, other, gateway].map((replica) =>
        infer(replica, 'digits', digitsBody, header),
      ),
    );
    await other.stop();
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
    const { header, moved } = await requests.paid();
    expect((await requests.ask(header)).status).toBe(200);
    const changed = { inputs: [{ ...digitsBody.inputs[0], data: digitValues.map(() => 1) }] };
    const response = await requests.ask(header, changed);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      code: 'payment-bound-to-other-request',
      legacyCode: 'PAYMENT_ALREADY_USED',
    });
    const elsewhere = await requests.ask(header, { text: 'profit' }, 'financial-sentiment');
    expect(await codeOf(elsewhere)).toBe('payment-bound-to-other-request');
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });
});

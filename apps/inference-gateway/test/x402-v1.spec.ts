import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodePaymentResponseHeader, encodePaymentSignatureHeader } from '@x402/core/http';
import { x402Client, x402HTTPClient } from '@x402/core/client';
import { isPaymentRequiredV1 } from '@x402/core/schemas';
import type { PaymentPayload, PaymentRequired } from '@x402/core/types';
import { ExactEvmSchemeV1 } from '@x402/evm/v1';
import { wrapFetchWithPayment } from '@x402/fetch';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { GatewayFixture, infer, PAY_TO, type Gateway } from './support/gateway-fixture.js';
import { codeOf, digitsBody } from './support/paid-requests.js';
import { headerOf, PayingClient } from './support/paying-client.js';

let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
}, 60_000);

afterAll(() => fixture?.close());

const ask = (headers: Record<string, string> = {}, body: unknown = digitsBody) =>
  infer(gateway, 'digits', body, headers);

/** The client of the library that knows version 1 alone. */
const clientV1 = () =>
  new x402Client().registerV1('base', new ExactEvmSchemeV1(privateKeyToAccount(generatePrivateKey())));

/** Who reads the body of a 402 alone, as every client did before version 2. */
const readsBodies: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const headers = new Headers(response.headers);
  for (const name of ['payment-required', 'payment-response']) headers.delete(name);
  return new Response(response.body, { status: response.status, headers });
};

const v1Header = (payment: unknown) => ({
  'X-PAYMENT': Buffer.from(JSON.stringify(payment)).toString('base64'),
});

/** A payment of version 1 for the usual request. */
async function paid() {
  const challenge = (await (await ask()).json()) as PaymentRequired;
  const client = clientV1();
  const payment = (await client.createPaymentPayload(challenge)) as PaymentPayload & {
    payload: { signature: string; authorization: object };
  };
  const { signer, payments } = fixture;
  const before = { signed: signer.outputs.length, transfers: payments.transfers };
  const moved = () => ({
    runs: signer.outputs.length - before.signed,
    transfers: payments.transfers - before.transfers,
  });
  return { payment, moved };
}

describe('one 402 for both versions', () => {
  it('is a problem whose further members are the challenge of version 1, beside the header of version 2', async () => {
    const response = await ask();
    expect([response.status, response.headers.get('content-type')]).toEqual([
      402,
      'application/problem+json',
    ]);
    expect(new PayingClient().challengeOf(response).x402Version).toBe(2);
    const body = (await response.json()) as Record<string, unknown>;
    expect(isPaymentRequiredV1(body as never)).toBe(true);
    expect(body).toMatchObject({
      code: 'payment-required',
      status: 402,
      x402Version: 1,
      error: 'PAYMENT-SIGNATURE header is required',
      accepts: [
        {
          scheme: 'exact',
          network: 'base',
          maxAmountRequired: '10000',
          resource: 'http://127.0.0.1:8080/v1/models/digits/infer',
          description: 'Handwritten digits 1.0.0',
          mimeType: 'application/json',
          payTo: PAY_TO,
          maxTimeoutSeconds: 120,
          asset: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
          extra: { name: 'USD Coin', version: '2' },
        },
      ],
    });
  });
});

describe('a payment of version 1', () => {
  it('is made by the official client, and charged once', async () => {
    const before = fixture.payments.transfers;
    const paying = wrapFetchWithPayment(readsBodies, clientV1());
    const response = await paying(`${gateway.url}/v1/models/digits/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(digitsBody),
    });
    expect(response.status).toBe(200);
    const header = response.headers.get('x-payment-response') ?? '';
    expect(decodePaymentResponseHeader(header)).toMatchObject({ success: true, network: 'base' });
    const settled = new x402HTTPClient(clientV1()).getPaymentSettleResponse((name) =>
      response.headers.get(name),
    );
    expect(settled).toMatchObject({ success: true });
    expect(fixture.payments.transfers - before).toBe(1);
  });

  it('is the same payment in version 2: one answer, charged once, whichever comes first', async () => {
    for (const isFirstV1 of [true, false]) {
      const { payment, moved } = await paid();
      const accepted = new PayingClient().challengeOf(await ask()).accepts[0];
      const asV2 = { x402Version: 2, accepted, payload: payment.payload } as unknown as PaymentPayload;
      const headers = [v1Header(payment), headerOf(asV2)];
      const [first, second] = isFirstV1 ? headers : headers.reverse();
      const answered = await ask(first);
      expect(answered.status).toBe(200);
      const again = await ask(second);
      expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
      expect(await again.text()).toBe(await answered.text());
      expect(moved()).toEqual({ runs: 1, transfers: 1 });
      expect([answered, again].map(({ headers: of }) => of.get('x-payment-response') !== null)).toEqual(
        isFirstV1 ? [true, false] : [false, true],
      );
    }
  });

  it('pays for its request alone', async () => {
    const { payment, moved } = await paid();
    expect((await ask(v1Header(payment))).status).toBe(200);
    const other = { inputs: [{ ...digitsBody.inputs[0], data: new Array(64).fill(1) }] };
    const refused = await ask(v1Header(payment), other);
    expect([refused.status, await codeOf(refused)]).toEqual([409, 'payment-bound-to-other-request']);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('pays for a job, whose answer it is told again', async () => {
    const { payment, moved } = await paid();
    const body = { ...digitsBody, async: true };
    const accepted = await ask(v1Header(payment), body);
    expect(accepted.status).toBe(202);
    const location = accepted.headers.get('location') ?? '';
    for (let tries = 0; tries < 100; tries += 1) {
      const { status } = (await (await fetch(`${gateway.url}${location}`)).json()) as { status: string };
      if (status === 'succeeded') break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await (await fetch(`${gateway.url}${location}`)).json()).toMatchObject({ status: 'succeeded' });
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('beside one of version 2 is refused, and neither is touched', async () => {
    const { payment, moved } = await paid();
    const accepted = new PayingClient().challengeOf(await ask()).accepts[0];
    const asV2 = { x402Version: 2, accepted, payload: payment.payload } as unknown as PaymentPayload;
    const both = await ask({ ...v1Header(payment), 'PAYMENT-SIGNATURE': encodePaymentSignatureHeader(asV2) });
    expect([both.status, await codeOf(both)]).toEqual([400, 'payment-malformed']);
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
  });

  it.each([
    ['no base64', 'é{'],
    ['no JSON', 'AAAA'],
    ['nothing', Buffer.from('null').toString('base64')],
    ['version 2', Buffer.from(JSON.stringify({ x402Version: 2 })).toString('base64')],
    ['two payments', 'AAAA,AAAA'],
  ])('that cannot be read is told what is wanted, in both versions: %s', async (_what, header) => {
    const response = await ask({ 'X-PAYMENT': Buffer.from(header).toString('latin1') });
    expect(response.status).toBe(400);
    expect(response.headers.get('payment-required')).not.toBeNull();
    expect(await response.json()).toMatchObject({ code: 'payment-malformed', x402Version: 1 });
  });

  it('of another amount is told what is wanted', async () => {
    const { payment } = await paid();
    const authorization = { ...payment.payload.authorization, value: '1' };
    const response = await ask(v1Header({ ...payment, payload: { ...payment.payload, authorization } }));
    expect([response.status, (await response.json()) as object]).toMatchObject([
      402,
      { code: 'payment-invalid', x402Version: 1, error: 'no_matching_payment_requirements' },
    ]);
  });
});

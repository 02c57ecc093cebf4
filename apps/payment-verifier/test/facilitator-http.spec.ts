import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HTTPFacilitatorClient } from '@x402/core/http';
import type { PaymentPayload, PaymentRequirements } from '@x402/core/types';
import type { TestService } from '@touchstone/testing/service';
import { FACILITATOR_REQUEST_BYTES_MAX } from '../src/transport/http/facilitator.controller.js';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { PRICE, requirementsFor, type X402Objects } from './support/payer.js';

const TOKEN = 'a-token-of-a-shop-with-40-characters-or-so';

describe('the facilitator API', () => {
  let fixture: PaymentFixture;
  let service: TestService;
  let client: HTTPFacilitatorClient;
  beforeAll(async () => {
    fixture = await PaymentFixture.create();
    service = await fixture.start({
      TOUCHSTONE_PAYMENT_RECIPIENTS: fixture.payTo,
      TOUCHSTONE_FACILITATOR_TOKENS: JSON.stringify({ shop: TOKEN }),
    });
    const headers = { authorization: `Bearer ${TOKEN}` };
    client = new HTTPFacilitatorClient({
      url: service.url,
      createAuthHeaders: () => Promise.resolve({ verify: {}, settle: headers, supported: {} }),
    });
  }, 60_000);
  afterAll(() => fixture.close());

  const post = async (path: string, body: unknown, token: string | undefined = TOKEN) => {
    const response = await service.post(path, body, token === '' ? {} : { authorization: `Bearer ${token}` });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const payment = async () => (await fixture.payer()).pay(requirementsFor(fixture.payTo));
  const typed = (objects: X402Objects): [PaymentPayload, PaymentRequirements] => [
    objects.paymentPayload as unknown as PaymentPayload,
    objects.paymentRequirements as unknown as PaymentRequirements,
  ];

  it('serves the official client: supported, verify, settle', async () => {
    const objects = await payment();
    const before = await fixture.token.balanceOf(fixture.payTo);
    expect((await client.getSupported()).kinds).toEqual([
      { x402Version: 2, scheme: 'exact', network: 'eip155:84532' },
    ]);
    expect(await client.verify(...typed(objects))).toMatchObject({ isValid: true });
    const settled = await client.settle(...typed(objects));
    expect(settled).toMatchObject({ success: true, network: 'eip155:84532' });
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
    // A replay gets the same answer and charges nothing; verifying it again says that it was used.
    expect(await client.settle(...typed(objects))).toEqual(settled);
    expect(await client.verify(...typed(objects))).toMatchObject({
      isValid: false,
      invalidReason: 'invalid_exact_evm_nonce_already_used',
    });
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
  });

  it.each(['', 'x'.repeat(40)])(
    'settles for nobody with the token %j, and leaves the payment alone',
    async (token) => {
      const objects = await payment();
      const [rows, balance] = [
        await fixture.countReservations(),
        await fixture.token.balanceOf(fixture.payTo),
      ];
      expect(await post('/settle', objects, token)).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
      });
      expect(await fixture.countReservations()).toBe(rows);
      expect(await fixture.token.balanceOf(fixture.payTo)).toBe(balance);
      // What was seen on its way still pays for the request that it was made for.
      const held = await fixture.gateway.call('payment-verifier', 'authorize', {
        ...objects,
        requestDigest: digest(),
      });
      expect(held.outcome).toBe('reserved');
      expect(await post('/verify', await payment(), token)).toMatchObject({
        status: 200,
        body: { isValid: true },
      });
    },
  );

  it('settles for nobody where no token is configured', async () => {
    const { ports } = await fixture.start();
    const response = await fetch(`http://127.0.0.1:${ports.http}/settle`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(await payment()),
    });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  it('verifies without reserving', async () => {
    const objects = await payment();
    const rows = await fixture.countReservations();
    await post('/verify', { x402Version: 2, ...objects });
    expect(await fixture.countReservations()).toBe(rows);
  });

  it('makes one transfer of five simultaneous settlements', async () => {
    const objects = await payment();
    const before = await fixture.token.balanceOf(fixture.payTo);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post('/settle', { x402Version: 2, ...objects })),
    );
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      if (body['success'] !== true) expect(body['errorReason']).toBe('settlement_pending');
    }
    expect(answers.some(({ body }) => body['success'] === true)).toBe(true);
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
  });

  it('does not touch a payment that the gateway holds', async () => {
    const objects = await payment();
    const reserved = await fixture.gateway.call('payment-verifier', 'authorize', {
      ...objects,
      requestDigest: digest(),
    });
    if (reserved.outcome !== 'reserved') throw new Error(reserved.outcome);
    expect(await post('/verify', objects)).toMatchObject({
      status: 200,
      body: { isValid: false, invalidReason: 'payment_bound_to_other_request' },
    });
    expect(await post('/settle', objects)).toMatchObject({
      status: 200,
      body: { success: false, errorReason: 'payment_bound_to_other_request', transaction: '' },
    });
    expect(await fixture.state(reserved.reservationId)).toBe('reserved');
  });

  it('answers an invalid payment with 200, as x402 has it', async () => {
    const poor = await (await fixture.payer(0n)).pay(requirementsFor(fixture.payTo));
    expect(await post('/verify', poor)).toMatchObject({
      status: 200,
      body: { isValid: false, invalidReason: 'invalid_exact_evm_insufficient_balance' },
    });
    expect(await post('/settle', poor)).toMatchObject({
      status: 200,
      body: { success: false, errorReason: 'invalid_exact_evm_insufficient_balance', transaction: '' },
    });
  });

  it('spends no gas for recipients that are not listed', async () => {
    const stranger = await (await fixture.payer()).pay(requirementsFor(`0x${'cd'.repeat(20)}`));
    expect(await post('/settle', stranger)).toMatchObject({
      status: 200,
      body: { success: false, errorReason: 'recipient_not_allowed' },
    });
  });

  it.each([
    ['no objects', {}],
    ['a payload that is text', { paymentPayload: 'x', paymentRequirements: {} }],
    ['null', { paymentPayload: null, paymentRequirements: null }],
    ['another version without requirements', { paymentPayload: { x402Version: 1 } }],
    ['a payload without authorisation', { paymentPayload: { x402Version: 2, payload: {} } }],
  ])('refuses %s as malformed', async (_what, body) => {
    for (const path of ['/verify', '/settle'])
      expect(await post(path, body)).toMatchObject({ status: 400, body: { code: 'payment-malformed' } });
  });

  it('refuses what is no JSON, and bodies beyond the limit', async () => {
    expect(await post('/verify', '{"a":1,"a":2}')).toMatchObject({
      status: 400,
      body: { code: 'malformed-json' },
    });
    const text = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    expect(await post('/settle', text(FACILITATOR_REQUEST_BYTES_MAX))).toMatchObject({ status: 422 });
    expect(await post('/settle', text(FACILITATOR_REQUEST_BYTES_MAX + 1))).toMatchObject({
      status: 413,
      body: { code: 'body-too-large' },
    });
  });

  it('shows the state of a payment', async () => {
    const objects = await payment();
    const { body } = await post('/settle', objects);
    const rows = await fixture.rows<{ id: string }>(
      'SELECT id FROM payments.reservations ORDER BY created_at DESC LIMIT 1',
    );
    const response = await fetch(`${service.url}/v1/payments/${rows[0]?.id}`);
    expect(await response.json()).toMatchObject({
      reservationId: rows[0]?.id,
      state: 'settled',
      transaction: body['transaction'],
      amount: PRICE.toString(),
    });
    expect((await fetch(`${service.url}/v1/payments/0198f1f0-0000-7000-8000-000000000000`)).status).toBe(404);
    expect((await fetch(`${service.url}/v1/payments/x`)).status).toBe(400);
  });

  it('has a document, figures and readiness', async () => {
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(document.paths).sort()).toEqual([
      '/settle',
      '/supported',
      '/v1/payments/{reservationId}',
      '/verify',
    ]);
    expect((await fetch(`${service.healthUrl}/readyz`)).status).toBe(200);
    const metrics = await service.metrics();
    for (const figure of [
      /touchstone_payment_payments_total\{[^}]*state="settled"/,
      /touchstone_payment_replays_blocked_total\{[^}]*kind="settled"/,
      /touchstone_payment_verify_seconds_count/,
      /touchstone_payment_settle_seconds_count/,
      /touchstone_payment_unknown_open(?:\{[^}]*\})? 0/,
      /touchstone_payment_relayer_wei(?:\{[^}]*\})? [1-9]/,
    ])
      expect(metrics).toMatch(figure);
  });

  it('does not start on another chain, and starts unready while the node is away', async () => {
    await expect(fixture.start({ TOUCHSTONE_PAYMENT_NETWORK: 'eip155:1' })).rejects.toMatchObject({
      code: 'config-invalid',
    });
    const unready = await fixture.start({ TOUCHSTONE_EVM_RPC_URL: 'http://127.0.0.1:9' });
    expect((await fetch(`${unready.healthUrl}/readyz`)).status).toBe(503);
    expect((await unready.post('/verify', await payment())).status).toBe(503);
  });
});

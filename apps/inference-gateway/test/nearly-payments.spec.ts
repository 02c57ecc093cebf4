import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PaymentPayload } from '@x402/core/types';
import { getAddress } from 'viem';
import { GatewayFixture, PAY_TO, type Gateway } from './support/gateway-fixture.js';
import { codeOf, digitsBody, PaidRequests } from './support/paid-requests.js';
import { PayingClient } from './support/paying-client.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let requests: PaidRequests;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  requests = new PaidRequests(fixture, gateway);
}, 60_000);

afterAll(async () => fixture.close());

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
/** Whose base64 has both characters that base64url writes in another way. */
const awkward = (payment: PaymentPayload) => ({ ...payment, note: '???>>>' });
const changed = (payment: PaymentPayload, change: Record<string, unknown>): PaymentPayload => ({
  ...payment,
  payload: {
    ...payment.payload,
    authorization: { ...(payment.payload['authorization'] as object), ...change },
  },
});

describe('what is nearly a payment', () => {
  it.each<[string, (payment: PaymentPayload) => string]>([
    ['has another content', () => base64({ x402Version: 2, note: 'x' })],
    ['accepted null', () => base64({ x402Version: 2, accepted: null, payload: {} })],
    ['pays with null', (payment) => base64({ ...payment, payload: null })],
    ['has its version as text', (payment) => base64({ ...payment, x402Version: '2' })],
    ['leaves its version out', (payment) => base64({ ...payment, x402Version: undefined })],
    ['is of version 1', () => base64({ x402Version: 1, scheme: 'exact', network: 'base', payload: {} })],
    ['has a fraction for a time', (payment) => base64(changed(payment, { validAfter: 0.5 }))],
    ['has null for a time', (payment) => base64(changed(payment, { validBefore: null }))],
    ['has a number for the sum', (payment) => base64(changed(payment, { value: 10_000 }))],
    ['has null for the nonce', (payment) => base64(changed(payment, { nonce: null }))],
    ['is base64url', (payment) => Buffer.from(JSON.stringify(awkward(payment))).toString('base64url')],
    ['is JSON without base64', (payment) => JSON.stringify(payment)],
    ['is nothing', () => ''],
    ['is null', () => base64(null)],
  ])('and %s is 400 with what is wanted, and free', async (_what, headerOf) => {
    const { client, payment, moved } = await requests.paid();
    const response = await requests.ask({ 'PAYMENT-SIGNATURE': headerOf(payment) });
    expect([response.status, response.headers.get('cache-control')]).toEqual([400, 'no-store']);
    const challenge = client.challengeOf(response);
    expect(challenge).toMatchObject({
      x402Version: 2,
      error: 'invalid_payload',
      accepts: [{ payTo: PAY_TO }],
    });
    expect(await codeOf(response)).toBe('payment-malformed');
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
    // What is wanted can be paid.
    expect((await requests.ask(await client.headerFor(response))).status).toBe(200);
  });

  it('and stands twice is 400 with what is wanted, and free', async () => {
    const { header, moved } = await requests.paid();
    const [value = ''] = Object.values(header);
    const { status, headers } = await new Promise<{ status?: number | undefined; headers: object }>(
      (resolve, reject) => {
        const sent = httpRequest(
          `${gateway.url}/v1/models/digits/infer`,
          {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'payment-signature': [value, value] },
          },
          (response) => {
            response.resume().on('end', () => {
              resolve({ status: response.statusCode, headers: response.headers });
            });
          },
        );
        sent.on('error', reject).end(JSON.stringify(digitsBody));
      },
    );
    expect([status, headers]).toEqual([
      400,
      expect.objectContaining({ 'payment-required': expect.any(String) }),
    ]);
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
  });

  it('and comes in the header of version 1 is 400 with what is wanted', async () => {
    const { payment, moved } = await requests.paid();
    const response = await requests.ask({ 'X-PAYMENT': base64(payment) });
    expect(response.status).toBe(400);
    expect(new PayingClient().challengeOf(response).accepts).toHaveLength(1);
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
  });

  it.each([
    ['without extra', { extra: undefined }],
    ['with null for extra', { extra: null }],
    ['with nothing for the asset', { asset: '' }],
  ])('and accepted the terms %s is refused with what is wanted', async (_what, change) => {
    const { client, payment, moved } = await requests.paid();
    const response = await requests.ask({
      'PAYMENT-SIGNATURE': base64({ ...payment, accepted: { ...payment.accepted, ...change } }),
    });
    expect([400, 402]).toContain(response.status);
    expect(client.challengeOf(response).accepts).toHaveLength(1);
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
  });

  it('to a model that is not there stays 404, and to one that is free stays free', async () => {
    const unknown = await requests.ask({ 'PAYMENT-SIGNATURE': 'e30=' }, digitsBody, 'nobody');
    expect([unknown.status, unknown.headers.get('payment-required')]).toEqual([404, null]);
    const free = await fixture.start();
    const answer = await new PaidRequests(fixture, free).ask({ 'PAYMENT-SIGNATURE': 'e30=' });
    expect(answer.status).toBe(200);
  });
});

describe('a payment in another spelling', () => {
  it.each<[string, (payment: PaymentPayload) => string]>([
    ['null for optional members', (payment) => base64({ ...payment, resource: null, extensions: null })],
    [
      'no optional members',
      ({ x402Version, accepted, payload }) => base64({ x402Version, accepted, payload }),
    ],
    ['validAfter as the number 0', (payment) => base64(changed(payment, { validAfter: 0 }))],
    [
      'the nonce in upper case',
      (payment) => {
        const { nonce } = payment.payload['authorization'] as { nonce: string };
        return base64(changed(payment, { nonce: `0x${nonce.slice(2).toUpperCase()}` }));
      },
    ],
    [
      'its addresses in the spelling of EIP-55',
      (payment) => {
        const { asset, payTo } = payment.accepted;
        const spelt = { asset: getAddress(asset), payTo: getAddress(payTo) };
        return base64({ ...payment, accepted: { ...payment.accepted, ...spelt } });
      },
    ],
    ['unpadded base64', (payment) => base64(payment).replace(/=+$/, '')],
  ])('with %s is answered, and charged once', async (_what, headerOf) => {
    const { payment, moved } = await requests.paid();
    const header = { 'PAYMENT-SIGNATURE': headerOf(payment) };
    for (const replayed of [null, 'true']) {
      const response = await requests.ask(header);
      expect([response.status, response.headers.get('idempotent-replayed')]).toEqual([200, replayed]);
    }
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });
});

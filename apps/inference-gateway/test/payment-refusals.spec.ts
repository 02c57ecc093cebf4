import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PAYMENT_HEADER_CHARACTERS_MAX } from '../src/adapters/x402/x402-payment-reader.js';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { codeOf, PaidRequests } from './support/paid-requests.js';
import { headerOf } from './support/paying-client.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let requests: PaidRequests;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  requests = new PaidRequests(fixture, gateway);
}, 60_000);

afterAll(async () => fixture.close());

afterEach(() => {
  fixture.payments.nextSettle = 'settled';
  fixture.payments.poorPayer = undefined;
  fixture.signer.recover();
});

describe('a payment that does not fit', () => {
  it.each([
    ['another amount', { amount: '9999' }],
    ['another asset', { asset: `0x${'33'.repeat(20)}` }],
    ['another receiver', { payTo: `0x${'44'.repeat(20)}` }],
    ['another network', { network: 'eip155:84532' as const }],
    ['another domain', { extra: { name: 'Fake Coin', version: '2' } }],
  ])('with %s is 402 with a fresh challenge', async (_name, change) => {
    const { client, payment } = await requests.paid();
    const other = { ...payment, accepted: { ...payment.accepted, ...change } };
    const response = await requests.ask(headerOf(other));
    expect(response.status).toBe(402);
    expect(client.challengeOf(response)).toMatchObject({ error: 'no_matching_payment_requirements' });
    expect(await codeOf(response)).toBe('payment-invalid');
  });

  it.each([
    ['value', { value: '9999' }, 'invalid_exact_evm_payload_authorization_value_mismatch'],
    ['receiver', { to: `0x${'44'.repeat(20)}` }, 'invalid_exact_evm_recipient_mismatch'],
  ])('whose signed %s differs from what it accepted is 402', async (_name, change, reason) => {
    const { client, payment } = await requests.paid();
    const { authorization, signature } = payment.payload as { authorization: object; signature: string };
    const forged = { ...payment, payload: { signature, authorization: { ...authorization, ...change } } };
    const response = await requests.ask(headerOf(forged));
    expect([response.status, client.challengeOf(response).error]).toEqual([402, reason]);
  });

  it('by a payer without money is 402 with the reason of the library', async () => {
    const { client, header, moved } = await requests.paid();
    fixture.payments.poorPayer = client.payer;
    const response = await requests.ask(header);
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
    const response = await requests.ask({ 'PAYMENT-SIGNATURE': header });
    expect([response.status, await codeOf(response)]).toEqual([400, 'payment-malformed']);
  });

  it.each([
    ['signature', 'zz', '/payload/signature'],
    ['value', '1e4', '/payload/authorization/value'],
    ['value', '-1', '/payload/authorization/value'],
    ['nonce', '0x01', '/payload/authorization/nonce'],
    ['from', 'vitalik.eth', '/payload/authorization/from'],
    ['extra', 'x', '/payload/authorization/extra'],
  ])('whose %s is %p is 400 with a pointer', async (member, value, pointer) => {
    const { payment } = await requests.paid();
    const { authorization, signature } = payment.payload as { authorization: object; signature: string };
    const payload =
      member === 'signature'
        ? { authorization, signature: value }
        : { authorization: { ...authorization, [member]: value }, signature };
    const response = await requests.ask(headerOf({ ...payment, payload }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'payment-malformed', errors: [{ pointer }] });
  });

  it(`of ${PAYMENT_HEADER_CHARACTERS_MAX} characters is read, one more is 400`, async () => {
    const { payment } = await requests.paid();
    const sized = (characters: number) => {
      const bytes = Math.floor(characters / 4) * 3;
      const text = JSON.stringify(payment);
      const padded = text + ' '.repeat(bytes - text.length);
      return Buffer.from(padded).toString('base64').padEnd(characters, '=');
    };
    expect((await requests.ask({ 'PAYMENT-SIGNATURE': sized(PAYMENT_HEADER_CHARACTERS_MAX) })).status).toBe(
      200,
    );
    const long = await requests.ask({ 'PAYMENT-SIGNATURE': sized(PAYMENT_HEADER_CHARACTERS_MAX + 1) });
    expect([long.status, await codeOf(long)]).toEqual([400, 'payment-malformed']);
  });
});

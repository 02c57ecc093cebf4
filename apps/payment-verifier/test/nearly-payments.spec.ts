import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestService } from '@touchstone/testing/service';
import { getAddress, type Hex } from 'viem';
import { PaymentFixture } from './support/payment-fixture.js';
import { ASSET, authorizationOf, PRICE, requirementsFor, type X402Objects } from './support/payer.js';

const TOKEN = 'a-token-of-a-shop-with-40-characters-or-so';

let fixture: PaymentFixture;
let service: TestService;
beforeAll(async () => {
  fixture = await PaymentFixture.create();
  service = await fixture.start({ TOUCHSTONE_FACILITATOR_TOKENS: JSON.stringify({ shop: TOKEN }) });
}, 60_000);
afterAll(() => fixture.close());

const post = async (path: string, body: unknown) => {
  const response = await service.post(path, body, { authorization: `Bearer ${TOKEN}` });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** A signed payment whose authorisation holds from the beginning of time. */
const payment = async (): Promise<X402Objects> =>
  (await fixture.payer()).payWith(requirementsFor(fixture.payTo), { validAfter: '0' });

type Change = (objects: X402Objects) => unknown;
const payload =
  (change: (payload: Record<string, unknown>) => object): Change =>
  (objects) => ({ ...objects, paymentPayload: change(objects.paymentPayload) });
const authorization = (change: (authorization: Record<string, string>) => object): Change =>
  payload((own) => {
    const inner = own['payload'] as { authorization: Record<string, string> };
    return { ...own, payload: { ...inner, authorization: change(inner.authorization) } };
  });

describe('what is nearly a payment', () => {
  const malformed = { status: 400, body: { code: 'payment-malformed' } };
  const refused = { status: 200 };
  it.each<[string, Change, object]>([
    ['another content', payload(() => ({ x402Version: 2, note: 'x' })), malformed],
    ['null for what was accepted', payload((own) => ({ ...own, accepted: null })), malformed],
    ['null for the payload', payload((own) => ({ ...own, payload: null })), malformed],
    ['its version as text', payload((own) => ({ ...own, x402Version: '2' })), refused],
    ['no version', payload(({ x402Version: _, ...own }) => own), malformed],
    ['null for its version', payload((own) => ({ ...own, x402Version: null })), refused],
    ['a number for the sum', authorization((own) => ({ ...own, value: 250_000 })), malformed],
    ['a fraction for a time', authorization((own) => ({ ...own, validAfter: 0.5 })), malformed],
    ['null for a time', authorization((own) => ({ ...own, validBefore: null })), malformed],
    ['null for the nonce', authorization((own) => ({ ...own, nonce: null })), malformed],
    ['null for the requirements', (own) => ({ ...own, paymentRequirements: null }), malformed],
    [
      'no extra in the requirements',
      ({ paymentPayload, paymentRequirements: { extra: _, ...terms } }) => ({
        paymentPayload,
        paymentRequirements: terms,
      }),
      malformed,
    ],
    [
      'base64 instead of an object',
      (own) => ({
        ...own,
        paymentPayload: Buffer.from(JSON.stringify(own.paymentPayload)).toString('base64'),
      }),
      malformed,
    ],
  ])('with %s is an answer, and free', async (_what, change, expected) => {
    const objects = change(await payment());
    const before = [await fixture.countReservations(), await fixture.token.balanceOf(fixture.payTo)];
    for (const path of ['/verify', '/settle']) {
      const answer = await post(path, objects);
      expect(answer).toMatchObject(expected);
      if (answer.status === 200) expect(answer.body['isValid'] ?? answer.body['success']).toBe(false);
    }
    expect([await fixture.countReservations(), await fixture.token.balanceOf(fixture.payTo)]).toEqual(before);
  });
});

describe('a payment in another spelling', () => {
  it.each<[string, Change]>([
    ['null for optional members', payload((own) => ({ ...own, resource: null, extensions: null }))],
    [
      'no optional members',
      payload(({ x402Version, accepted, payload: inner }) => ({ x402Version, accepted, payload: inner })),
    ],
    [
      'no extra in what was accepted',
      payload((own) => ({ ...own, accepted: { ...(own['accepted'] as object), extra: undefined } })),
    ],
    ['validAfter as the number 0', authorization((own) => ({ ...own, validAfter: 0 }))],
    [
      'the nonce in upper case',
      authorization((own) => ({ ...own, nonce: `0x${own['nonce']?.slice(2).toUpperCase()}` })),
    ],
    [
      'addresses in lower case',
      authorization((own) => ({ ...own, from: own['from']?.toLowerCase(), to: own['to']?.toLowerCase() })),
    ],
    [
      'addresses in the spelling of EIP-55',
      (objects) => {
        const spelt = { asset: getAddress(ASSET), payTo: getAddress(fixture.payTo) };
        const own = authorizationOf(objects);
        const inner = objects.paymentPayload['payload'] as object;
        return {
          paymentPayload: {
            ...objects.paymentPayload,
            accepted: { ...(objects.paymentPayload['accepted'] as object), ...spelt },
            payload: {
              ...inner,
              authorization: {
                ...own,
                from: getAddress(own['from'] as Hex),
                to: getAddress(own['to'] as Hex),
              },
            },
          },
          paymentRequirements: { ...objects.paymentRequirements, ...spelt },
        };
      },
    ],
  ])('with %s settles once, whatever spelling comes next', async (_what, change) => {
    const objects = await payment();
    const before = await fixture.token.balanceOf(fixture.payTo);
    const spelt = change(objects);
    expect(await post('/verify', spelt)).toMatchObject({ status: 200, body: { isValid: true } });
    const settled = await post('/settle', spelt);
    expect(settled).toMatchObject({ status: 200, body: { success: true } });
    expect(await post('/settle', objects)).toEqual(settled);
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
  });
});

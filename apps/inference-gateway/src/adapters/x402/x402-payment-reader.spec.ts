import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import fc from 'fast-check';
import { V1_PAYMENT } from '../../domain/payment/transfers.js';
import { PAYMENT_HEADER_CHARACTERS_MAX, X402PaymentReader } from './x402-payment-reader.js';

const requirements = {
  scheme: 'exact',
  network: 'eip155:8453',
  asset: `0x${'8a'.repeat(20)}`,
  amount: '10000',
  payTo: `0x${'22'.repeat(20)}`,
  maxTimeoutSeconds: 120,
  extra: { name: 'USD Coin', version: '2' },
} as const;
const reader = new X402PaymentReader({
  network: requirements.network,
  asset: requirements.asset,
  assetName: requirements.extra.name,
  assetVersion: requirements.extra.version,
  payTo: requirements.payTo,
});
const payment = {
  x402Version: 2 as const,
  accepted: { ...requirements },
  payload: {
    signature: `0x${'11'.repeat(65)}`,
    authorization: {
      from: `0x${'AB'.repeat(20)}`,
      to: requirements.payTo,
      value: '10000',
      validAfter: '0',
      validBefore: '9999999999',
      nonce: `0x${'0f'.repeat(32)}`,
    },
  },
};
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

function expectMalformed(header: string): void {
  try {
    reader.read(header);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('payment-malformed');
    return;
  }
  throw new Error('expected a refusal');
}

const paymentV1 = { x402Version: 1, scheme: 'exact', network: 'base', payload: payment.payload };
const v1 = (value: unknown) => `${V1_PAYMENT}${encode(value)}`;

describe('a payment of version 1', () => {
  it('becomes the one of version 2 that accepted what its signature is of', () => {
    const read = reader.read(v1({ ...paymentV1, surprise: true }));
    expect(read).toEqual(payment);
    expect(reader.accepts(read, requirements)).toBe(true);
  });

  it.each([
    ['another recipient', { to: `0x${'33'.repeat(20)}` }, 'base'],
    ['another amount', { value: '9999' }, 'base'],
    ['another network', {}, 'base-sepolia'],
  ])('does not fit with %s', (_what, change, network) => {
    const authorization = { ...payment.payload.authorization, ...change };
    const payload = { ...payment.payload, authorization };
    expect(reader.accepts(reader.read(v1({ ...paymentV1, network, payload })), requirements)).toBe(false);
  });

  it.each([
    ['version 2', payment],
    ['version 3', { ...paymentV1, x402Version: 3 }],
    ['version 1 as text', { ...paymentV1, x402Version: '1' }],
    ['another scheme', { ...paymentV1, scheme: 'upto' }],
    ['no network', { ...paymentV1, network: undefined }],
    ['a network that it does not know', { ...paymentV1, network: 'eip155:8453' }],
    ['a name that every object has', { ...paymentV1, network: 'constructor' }],
    ['no payload', { ...paymentV1, payload: undefined }],
    ['no signature', { ...paymentV1, payload: { authorization: payment.payload.authorization } }],
    [
      'a member of the payload that is not known',
      { ...paymentV1, payload: { ...payment.payload, memo: 'x' } },
    ],
    [
      'an amount in hex',
      {
        ...paymentV1,
        payload: { ...payment.payload, authorization: { ...payment.payload.authorization, value: '0x1' } },
      },
    ],
    ['a list', [paymentV1]],
    ['nothing', null],
  ])('is malformed with %s', (_what, value) => {
    expectMalformed(v1(value));
  });

  it('is no payment of version 2, and has the bound of one', () => {
    expectMalformed(encode(paymentV1));
    expectMalformed(V1_PAYMENT);
    expectMalformed(`${V1_PAYMENT}{"x402Version":1}`);
    const padded = (characters: number) => {
      const text = JSON.stringify({ ...paymentV1, surprise: '' });
      return v1({ ...paymentV1, surprise: 'x'.repeat((characters / 4) * 3 - text.length) });
    };
    expect(padded(PAYMENT_HEADER_CHARACTERS_MAX)).toHaveLength(
      V1_PAYMENT.length + PAYMENT_HEADER_CHARACTERS_MAX,
    );
    expect(reader.read(padded(PAYMENT_HEADER_CHARACTERS_MAX))).toEqual(payment);
    expectMalformed(padded(PAYMENT_HEADER_CHARACTERS_MAX + 4));
  });
});

describe('X402PaymentReader', () => {
  it('reads a payment and leaves out what it does not know', () => {
    expect(reader.read(encode({ ...payment, extensions: { a: 1 }, surprise: true }))).toEqual(payment);
  });

  it('reads signatures of contract wallets, which are longer than those of keys', () => {
    const long = { ...payment, payload: { ...payment.payload, signature: `0x${'22'.repeat(2_048)}` } };
    expect(reader.read(encode(long)).payload.signature).toHaveLength(4_098);
  });

  it.each([
    ['a signature of 64 bytes', { signature: `0x${'11'.repeat(64)}` }],
    ['a signature of 2049 bytes', { signature: `0x${'11'.repeat(2_049)}` }],
    ['a Permit2 payload', { authorization: undefined, permit2Authorization: {} }],
    ['an unknown member', { memo: 'x' }],
  ])('refuses %s', (_name, change) => {
    expectMalformed(encode({ ...payment, payload: { ...payment.payload, ...change } }));
  });

  it('reads times that are numbers as the text that they stand for', () => {
    const withTimes = (validAfter: unknown, validBefore: unknown) => ({
      ...payment,
      payload: {
        ...payment.payload,
        authorization: { ...payment.payload.authorization, validAfter, validBefore },
      },
    });
    expect(reader.read(encode(withTimes(0, 9_999_999_999)))).toEqual(payment);
    for (const odd of [-1, 0.5, 2 ** 53, null, true, '00', '-1', [0]])
      expectMalformed(encode(withTimes(odd, '1')));
  });

  it('refuses every other text in the same way', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), expectMalformed));
    fc.assert(fc.property(fc.base64String({ maxLength: 300 }), expectMalformed));
    fc.assert(fc.property(fc.json(), (text) => expectMalformed(Buffer.from(text).toString('base64'))));
  });

  it('refuses a payment of which any one member is another JSON value', () => {
    const members = Object.keys(payment.payload.authorization);
    fc.assert(
      fc.property(fc.constantFrom(...members), fc.jsonValue(), (member, value) => {
        // Times may be numbers.
        fc.pre(typeof value !== 'string' && !(member.startsWith('valid') && Number.isSafeInteger(value)));
        const authorization = { ...payment.payload.authorization, [member]: value };
        expectMalformed(encode({ ...payment, payload: { ...payment.payload, authorization } }));
      }),
    );
  });

  it.each([
    ['the same', {}, true],
    ['members in another order', { extra: { version: '2', name: 'USD Coin' } }, true],
    ['a further extra', { extra: { name: 'USD Coin', version: '2', note: 'x' } }, true],
    ['another amount', { amount: '10001' }, false],
    ['the amount as another text', { amount: '010000' }, false],
    ['a longer timeout', { maxTimeoutSeconds: 3_600 }, false],
    ['no extra', { extra: undefined }, false],
    ['null for extra', { extra: null }, false],
    [
      'addresses in the spelling of EIP-55',
      { asset: requirements.asset.toUpperCase().replace('0X', '0x') },
      true,
    ],
    ['another scheme', { scheme: 'upto' }, false],
  ])('compares what was accepted by the rule of the library: %s', (_name, change, accepted) => {
    const sent = reader.read(encode({ ...payment, accepted: { ...requirements, ...change } }));
    expect(reader.accepts(sent, requirements)).toBe(accepted);
  });
});

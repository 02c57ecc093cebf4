import { describe, expect, it } from '@jest/globals';
import {
  DEVELOPMENT_CHAIN_ID,
  developmentNetwork,
  developmentToken,
  type StackDescription,
} from '@touchstone/embedded';
import type { PaymentPayload, PaymentRequired, PaymentRequirements } from '@x402/core/types';
import { x402Client } from '@x402/fetch';
import { ExactEvmScheme } from '@x402/evm';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { chooseOffer, OFFER_SECONDS_MAX, requireSigned } from './offer.js';

const account = privateKeyToAccount(generatePrivateKey());
const offer: PaymentRequirements = {
  scheme: 'exact',
  network: developmentNetwork,
  asset: developmentToken.address,
  amount: '10000',
  payTo: `0x${'7a'.repeat(20)}`,
  maxTimeoutSeconds: 120,
  extra: { name: developmentToken.name, version: developmentToken.version },
};

const stack = {
  chain: { chainId: DEVELOPMENT_CHAIN_ID, usdc: developmentToken.address.toLowerCase() },
} as StackDescription;
const choose = (accepts: unknown, limit = 10_000n, change: object = {}): PaymentRequirements =>
  chooseOffer({ x402Version: 2, accepts, ...change } as PaymentRequired, stack, limit);

describe('the offer that is paid', () => {
  it.each<[string, object]>([
    ['an unknown scheme', { scheme: 'other' }],
    ['an unknown flow', { extra: { ...offer.extra, paymentFlow: 'later' } }],
    ['a flow that pays before the answer', { extra: { ...offer.extra, paymentFlow: 'upfront' } }],
    ['another way of transfer', { extra: { ...offer.extra, assetTransferMethod: 'permit2' } }],
    ['another token', { asset: `0x${'99'.repeat(20)}` }],
    ['another network', { network: 'eip155:1' }],
    ['another domain', { extra: { name: 'Other Coin', version: '2' } }],
    ['no domain', { extra: null }],
    ['no receiver', { payTo: 'somebody' }],
    ['an amount that is none', { amount: '-1' }],
    ['an amount in hexadecimal', { amount: '0x1' }],
    ['no end', { maxTimeoutSeconds: null }],
    ['an end that is far away', { maxTimeoutSeconds: OFFER_SECONDS_MAX + 1 }],
  ])('is none with %s, which does not stand for another one either', (_name, change) => {
    const cheap = { ...offer, amount: '1', ...change };
    const expensive = { ...offer, amount: '1000000' };
    expect(choose([cheap, offer])).toEqual(offer);
    expect(() => choose([cheap])).toThrow('asks for nothing that the development payer can pay');
    for (const accepts of [
      [cheap, expensive],
      [expensive, cheap],
    ])
      expect(() => choose(accepts)).toThrow('asks for 1.000000 USDC, more than 0.010000 USDC');
  });

  it('is the first that is not too expensive', () => {
    const behind = { ...offer, payTo: `0x${'11'.repeat(20)}` };
    expect(choose([{ ...offer, amount: '10001' }, offer, behind])).toEqual(offer);
    expect(choose([offer], 10_000n)).toEqual(offer);
    expect(() => choose([offer], 9_999n)).toThrow('allow it with --max');
  });

  it.each<[string, object]>([
    ['as long as OFFER_SECONDS_MAX', { maxTimeoutSeconds: OFFER_SECONDS_MAX }],
    ['with the flow named', { extra: { ...offer.extra, paymentFlow: 'authorization' } }],
    ['with the way of transfer named', { extra: { ...offer.extra, assetTransferMethod: 'eip3009' } }],
    ['with members that nobody knows', { note: 'x', extra: { ...offer.extra, note: 'x' } }],
    ['with the token in lower case', { asset: offer.asset.toLowerCase() }],
  ])('is handed on as it was made: %s', (_name, change) => {
    const made = { ...offer, ...change };
    expect(choose([made])).toEqual(made);
  });

  it.each<[string, unknown, object]>([
    ['no list', undefined, {}],
    ['a text', 'none', {}],
    ['an older version', [offer], { x402Version: 1 }],
  ])('is not looked for in %s', (_name, accepts, change) => {
    expect(() => choose(accepts, 10_000n, change)).toThrow('Expected a challenge of x402 version 2');
  });
});

/** What the official client signs for an offer. */
function paymentFor(accepted: PaymentRequirements): Promise<PaymentPayload> {
  const required: PaymentRequired = { x402Version: 2, resource: { url: 'http://x/' }, accepts: [accepted] };
  return new x402Client()
    .register('eip155:*', new ExactEvmScheme(account))
    .setSpendControls(false)
    .createPaymentPayload(required);
}

const authorizationOf = ({ payload }: PaymentPayload) =>
  payload as { authorization: Record<string, string>; signature: string };

describe('a payment that was signed', () => {
  it('is taken when it is the offer', async () => {
    const payment = await paymentFor(offer);
    const { authorization } = authorizationOf(payment);
    expect(await requireSigned(payment, offer, account.address)).toBe(Number(authorization['validBefore']));
  });

  it.each<[string, Partial<PaymentRequirements>]>([
    ['amount, signature', { amount: '1000000' }],
    ['receiver, signature', { payTo: `0x${'bad0'.repeat(10)}` }],
    ['asset, signature', { asset: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48' }],
    ['network, signature', { network: 'eip155:8453' }],
    ['time', { maxTimeoutSeconds: 86_400 }],
    ['signature', { extra: { name: 'USD Coin', version: '2' } }],
    ['signature', { extra: { name: 'USDC', version: '1' } }],
  ])('is refused when the client signed for another one: %s', async (differing, change) => {
    const payment = await paymentFor({ ...offer, ...change });
    await expect(requireSigned(payment, offer, account.address)).rejects.toThrow(
      `another one than was checked (${differing})`,
    );
    // Claiming that the offer was accepted does not help.
    await expect(requireSigned({ ...payment, accepted: offer }, offer, account.address)).rejects.toThrow(
      differing === 'time' ? 'time' : 'signature',
    );
  });

  it.each([
    ['payer', { from: `0x${'11'.repeat(20)}` }],
    ['amount', { value: '9999' }],
    ['receiver', { to: `0x${'11'.repeat(20)}` }],
    ['time', { validAfter: '1' }],
    ['signature', { nonce: `0x${'11'.repeat(32)}` }],
    ['form', { value: '0x2710' }],
    ['form', { nonce: '1' }],
  ])('is refused when its %s was changed afterwards', async (differing, change) => {
    const payment = await paymentFor(offer);
    const { authorization, signature } = authorizationOf(payment);
    const payload = { authorization: { ...authorization, ...change }, signature };
    await expect(requireSigned({ ...payment, payload }, offer, account.address)).rejects.toThrow(
      `another one than was checked (${differing})`,
    );
  });

  it.each([{}, { signature: '0x' }, { permit2Authorization: {}, signature: '0x11' }])(
    'is refused in another form: %j',
    async (payload) => {
      const payment = { ...(await paymentFor(offer)), payload };
      await expect(requireSigned(payment, offer, account.address)).rejects.toThrow('(form)');
    },
  );
});

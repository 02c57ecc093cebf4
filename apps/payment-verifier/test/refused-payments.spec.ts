import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { authorizationOf, PRICE, requirementsFor, type X402Objects } from './support/payer.js';

describe('refused payments, against a real chain', () => {
  let fixture: PaymentFixture;
  beforeAll(async () => {
    fixture = await PaymentFixture.create();
    await fixture.start();
  }, 60_000);
  afterAll(() => fixture.close());

  const authorize = (objects: X402Objects, requestDigest: string) =>
    fixture.gateway.call('payment-verifier', 'authorize', { ...objects, requestDigest });
  const reserve = async (objects: X402Objects, requestDigest = digest()) => {
    const result = await authorize(objects, requestDigest);
    if (result.outcome !== 'reserved') throw new Error(JSON.stringify(result));
    return result;
  };

  describe('a payment that does not hold', () => {
    const now = () => Math.floor(Date.now() / 1_000);
    const other = `0x${'ab'.repeat(20)}` as const;

    const cases: [string, string, () => Promise<X402Objects>][] = [
      [
        'pays less than asked',
        'invalid_exact_evm_payload_authorization_value_mismatch',
        async () => (await fixture.payer()).payWith(requirementsFor(fixture.payTo), { value: '1' }),
      ],
      [
        'pays more than asked',
        'invalid_exact_evm_payload_authorization_value_mismatch',
        async () =>
          (await fixture.payer()).payWith(requirementsFor(fixture.payTo), { value: String(PRICE + 1n) }),
      ],
      [
        'pays somebody else',
        'invalid_exact_evm_recipient_mismatch',
        async () => (await fixture.payer()).payWith(requirementsFor(fixture.payTo), { to: other }),
      ],
      [
        'was signed for another token',
        'invalid_exact_evm_signature',
        async () => (await fixture.payer()).payWith(requirementsFor(fixture.payTo), {}, other),
      ],
      [
        'asks for another token',
        'invalid_payment_requirements',
        async () => {
          const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
          objects.paymentRequirements['asset'] = other;
          return objects;
        },
      ],
      [
        'is over',
        'invalid_exact_evm_payload_authorization_valid_before',
        async () =>
          (await fixture.payer()).payWith(requirementsFor(fixture.payTo), { validBefore: String(now() - 1) }),
      ],
      [
        'is over before a block could take it',
        'invalid_exact_evm_payload_authorization_valid_before',
        async () =>
          (await fixture.payer()).payWith(requirementsFor(fixture.payTo), { validBefore: String(now() + 3) }),
      ],
      [
        'does not hold yet',
        'invalid_exact_evm_payload_authorization_valid_after',
        async () =>
          (await fixture.payer()).payWith(requirementsFor(fixture.payTo), { validAfter: String(now() + 60) }),
      ],
      [
        'has a signature of somebody else',
        'invalid_exact_evm_signature',
        async () => {
          const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
          const payer = await fixture.payer();
          authorizationOf(objects)['from'] = payer.address;
          return objects;
        },
      ],
      [
        'is not covered',
        'invalid_exact_evm_insufficient_balance',
        async () => (await fixture.payer(PRICE - 1n)).pay(requirementsFor(fixture.payTo)),
      ],
      [
        'names another token name',
        'invalid_exact_evm_token_name_mismatch',
        async () => {
          const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
          objects.paymentRequirements['extra'] = { name: 'Coin', version: '2' };
          return objects;
        },
      ],
      [
        'was signed for a token name that the token has not',
        'invalid_exact_evm_token_name_mismatch',
        async () =>
          (await fixture.payer()).pay({
            ...requirementsFor(fixture.payTo),
            extra: { name: 'Coin', version: '2' },
          }),
      ],
      [
        'is for another chain',
        'invalid_network',
        async () => {
          const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
          objects.paymentRequirements['network'] = 'eip155:1';
          return objects;
        },
      ],
      [
        'was used on the chain already',
        'invalid_exact_evm_nonce_already_used',
        async () => {
          const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
          await fixture.token.transfer(objects);
          return objects;
        },
      ],
      [
        'is no payment at all',
        'invalid_payload',
        async () => ({
          paymentPayload: { hello: 1 },
          paymentRequirements: { ...requirementsFor(fixture.payTo) },
        }),
      ],
      [
        'has a value that is no number',
        'invalid_payload',
        async () => {
          const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
          authorizationOf(objects)['value'] = 'abc';
          return objects;
        },
      ],
      [
        'speaks x402 version 1',
        'invalid_x402_version',
        async () => ({
          paymentPayload: { x402Version: 1, scheme: 'exact', network: 'base', payload: {} },
          paymentRequirements: { ...requirementsFor(fixture.payTo) },
        }),
      ],
    ];

    it.each(cases)('that %s is refused as %s and leaves nothing', async (_what, reason, make) => {
      const objects = await make();
      const before = await fixture.token.balanceOf(fixture.payTo);
      const rows = await fixture.countReservations();
      expect(await authorize(objects, digest())).toMatchObject({ outcome: 'invalid', reason });
      expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before);
      expect(await fixture.countReservations()).toBe(rows);
    });
  });

  it('lets nobody burn a nonce: garbage with the same nonce leaves it free', async () => {
    const payer = await fixture.payer();
    const objects = await payer.pay(requirementsFor(fixture.payTo));
    const garbage = structuredClone(objects);
    (garbage.paymentPayload['payload'] as { signature: string }).signature = `0x${'12'.repeat(65)}`;
    expect(await authorize(garbage, digest())).toMatchObject({ outcome: 'invalid' });
    await reserve(objects);
  });

  it('tells nothing about a payment to somebody who does not hold its signature', async () => {
    const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    const requestDigest = digest();
    const { reservationId } = await reserve(objects, requestDigest);
    await fixture.gateway.call('payment-verifier', 'settle', { reservationId });
    const forged = structuredClone(objects);
    (forged.paymentPayload['payload'] as { signature: string }).signature = `0x${'12'.repeat(65)}`;
    expect(await authorize(forged, requestDigest)).toMatchObject({
      outcome: 'invalid',
      reason: 'invalid_exact_evm_signature',
    });
  });

  it('frees the nonce of a payment that was not covered, so that it may come again', async () => {
    const payer = await fixture.payer(0n);
    const objects = await payer.pay(requirementsFor(fixture.payTo));
    expect(await authorize(objects, digest())).toMatchObject({ outcome: 'invalid' });
    await fixture.token.mint(payer.address, PRICE);
    await reserve(objects);
  });
});

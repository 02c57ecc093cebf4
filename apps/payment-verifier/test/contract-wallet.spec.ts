import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Hex } from 'viem';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { authorizationOf, PRICE, requirementsFor, type X402Objects } from './support/payer.js';

/** Run-time code that answers every call with one 32-byte word. */
const answering = (word: string): Hex => `0x7f${word.padEnd(64, '0')}60005260206000f3`;
const ERC1271_MAGIC = '1626ba7e';

describe('a payer that is a contract wallet (ERC-1271)', () => {
  let fixture: PaymentFixture;
  beforeAll(async () => {
    fixture = await PaymentFixture.create();
    await fixture.start();
  }, 60_000);
  afterAll(() => fixture.close());

  /** A payment of a wallet with the given code; its signature is whatever the wallet likes. */
  const payment = async (code: Hex, signature: Hex): Promise<X402Objects> => {
    const payer = await fixture.payer();
    const objects = await payer.pay(requirementsFor(fixture.payTo));
    await fixture.token.rpc('anvil_setCode', [payer.address, code]);
    (objects.paymentPayload['payload'] as { signature: Hex }).signature = signature;
    return objects;
  };
  const authorize = (objects: X402Objects) =>
    fixture.gateway.call('payment-verifier', 'authorize', { ...objects, requestDigest: digest() });

  it.each([
    ['66 bytes', `0x${'01'.repeat(66)}`],
    ['3 bytes', '0x010203'],
  ] as [string, Hex][])('settles with a signature of %s that the wallet takes', async (_size, signature) => {
    const objects = await payment(answering(ERC1271_MAGIC), signature);
    const before = await fixture.token.balanceOf(fixture.payTo);
    const reserved = await authorize(objects);
    if (reserved.outcome !== 'reserved') throw new Error(JSON.stringify(reserved));
    expect(
      await fixture.gateway.call('payment-verifier', 'settle', {
        reservationId: reserved.reservationId,
      }),
    ).toMatchObject({
      outcome: 'settled',
      settlement: { payer: authorizationOf(objects)['from']?.toLowerCase() },
    });
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
  });

  it.each([
    ['says no', answering('00')],
    ['reverts', '0x60006000fd'],
    ['burns all gas', '0x5b600056'],
  ] as [string, Hex][])('refuses a payment when the wallet %s', async (_what, code) => {
    const rows = await fixture.countReservations();
    expect(await authorize(await payment(code, '0x010203'))).toMatchObject({
      outcome: 'invalid',
      reason: 'invalid_exact_evm_signature',
    });
    expect(await fixture.countReservations()).toBe(rows);
  });

  it('refuses a signature of a wallet that is not deployed', async () => {
    expect(await authorize(await payment('0x', `0x${'01'.repeat(66)}`))).toMatchObject({
      outcome: 'invalid',
      reason: 'invalid_exact_evm_signature',
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { authorizationOf, requirementsFor } from './support/payer.js';

describe('the nonces of the relayer', () => {
  let fixture: PaymentFixture;
  beforeAll(async () => {
    fixture = await PaymentFixture.create();
    await fixture.start({ TOUCHSTONE_PAYMENT_CONFIRMATIONS: '2' });
  }, 60_000);
  afterAll(() => fixture.close());

  const pay = async () => {
    const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    const reserved = await fixture.gateway.call('payment-verifier', 'authorize', {
      ...objects,
      requestDigest: digest(),
    });
    if (reserved.outcome !== 'reserved') throw new Error(JSON.stringify(reserved));
    const { reservationId } = reserved;
    const settled = await fixture.gateway.call(
      'payment-verifier',
      'settle',
      { reservationId },
      { timeoutMs: 25_000 },
    );
    return { objects, settled };
  };
  const nextNonce = async (): Promise<number> => {
    const rows = await fixture.rows<{ next_nonce: string }>('SELECT next_nonce FROM payments.lane');
    return Number(rows[0]?.next_nonce);
  };
  /** Nothing is on its way and nothing stands in a block that may be dropped. */
  const idle = (): Promise<unknown> =>
    waitUntil(async () => {
      await fixture.age();
      const rows = await fixture.rows(
        `SELECT 1 FROM payments.lane_transaction WHERE state IN ('open', 'mined')`,
      );
      return rows.length === 0;
    });

  it('signs nothing that the relayer cannot pay for', async () => {
    const purse = await fixture.token.rpc<string>('eth_getBalance', [
      fixture.signer.address('settlement'),
      'latest',
    ]);
    await fixture.token.rpc('anvil_setBalance', [fixture.signer.address('settlement'), '0x0']);
    expect((await pay()).settled).toMatchObject({ outcome: 'unsent', code: 'dependency-unavailable' });
    expect(fixture.signer.transactions).toEqual([]);
    await fixture.token.rpc('anvil_setBalance', [fixture.signer.address('settlement'), purse]);
    expect((await pay()).settled).toMatchObject({ outcome: 'settled' });
    // What could not be paid for is still owed, and is settled without being asked for again.
    await waitUntil(async () => {
      await fixture.age();
      const rows = await fixture.rows(`SELECT 1 FROM payments.reservations WHERE state <> 'settled'`);
      return rows.length === 0;
    }, 15_000);
  });

  it('settles with as many blocks as were asked for', async () => {
    const { objects, settled } = await pay();
    expect(settled).toMatchObject({ outcome: 'settled' });
    const receipt = await fixture.token.rpc<{ blockNumber: string }>('eth_getTransactionReceipt', [
      'settlement' in settled && settled.settlement['transaction'],
    ]);
    const latest = await fixture.token.rpc<string>('eth_blockNumber');
    expect(Number(latest)).toBeGreaterThan(Number(receipt.blockNumber));
    expect(authorizationOf(objects).nonce).toMatch(/^0x/);
  });

  it('follows the chain when the key was used elsewhere', async () => {
    await idle();
    await fixture.token.rpc('anvil_impersonateAccount', [fixture.signer.address('settlement')]);
    const transfer = {
      from: fixture.signer.address('settlement'),
      to: fixture.signer.address('settlement'),
      value: '0x0',
    };
    await fixture.token.rpc('eth_sendTransaction', [transfer]);
    await fixture.token.rpc('anvil_stopImpersonatingAccount', [fixture.signer.address('settlement')]);
    const count = await waitUntil(() => fixture.token.transactionCount(fixture.signer.address('settlement')));
    expect(await nextNonce()).toBe(count - 1);
    expect((await pay()).settled).toMatchObject({ outcome: 'settled' });
    expect(await nextNonce()).toBe(count + 1);
  });

  it('comes back to the chain when it ran ahead of it', async () => {
    await idle();
    await fixture.rows('UPDATE payments.lane SET next_nonce = next_nonce + 5');
    const count = await fixture.token.transactionCount(fixture.signer.address('settlement'));
    expect((await pay()).settled).toMatchObject({ outcome: 'settled' });
    expect(await nextNonce()).toBe(count + 1);
  });

  it('signs only what the signer allows, and charges nothing when it refuses', async () => {
    fixture.signer.fail('refusing', 'sign-transaction');
    const before = await fixture.token.balanceOf(fixture.payTo);
    expect((await pay()).settled).toEqual({
      outcome: 'unsent',
      code: 'signing-refused',
      retryable: false,
    });
    fixture.signer.recover();
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before);
  });
});

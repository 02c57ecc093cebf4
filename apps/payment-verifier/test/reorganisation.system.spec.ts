import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import type { TestService } from '@touchstone/testing/service';
import { STUCK_BLOCKS_DEFAULT } from '../src/config.js';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { authorizationOf, PRICE, requirementsFor, type X402Objects } from './support/payer.js';

const START_TIMEOUT_MS = 60_000;
/** More blocks than a test makes lie below a final one, and none is mined unasked: all of them may be dropped. */
const SLOTS_IN_AN_EPOCH = 40;

describe('a reorganisation of the chain', () => {
  let fixture: PaymentFixture;
  let service: TestService;
  beforeAll(async () => {
    fixture = await PaymentFixture.create({ finalizes: false, slotsInAnEpoch: SLOTS_IN_AN_EPOCH });
    service = await fixture.start();
  }, START_TIMEOUT_MS);
  afterEach(() => goOn());
  afterAll(() => fixture.close());

  const balance = () => fixture.token.balanceOf(fixture.payTo);
  const settled = async (objects: X402Objects) => {
    const requestDigest = digest();
    const claim = await fixture.gateway.call('payment-verifier', 'authorize', { ...objects, requestDigest });
    if (claim.outcome !== 'reserved') throw new Error(JSON.stringify(claim));
    const { reservationId } = claim;
    const result = await fixture.gateway.call('payment-verifier', 'settle', { reservationId });
    if (result.outcome !== 'settled') throw new Error(JSON.stringify(result));
    return { reservationId, requestDigest, transaction: String(result.settlement['transaction']) };
  };
  const pay = async () => (await fixture.payer()).pay(requirementsFor(fixture.payTo));
  const blockNumber = async () => Number(await fixture.token.rpc('eth_blockNumber', []));
  /** Drops every block above a height with the transaction in it, while the payment-verifier cannot see the chain. */
  const dropAbove = async (height: number, transaction: string) => {
    fixture.proxy.decide = () => 'fail';
    // The development chain may mine an empty block between the two questions, which makes the depth too small.
    do await fixture.token.rpc('anvil_reorg', [(await blockNumber()) - height, []]);
    while ((await fixture.token.rpc('eth_getTransactionReceipt', [transaction])) !== null);
  };
  const goOn = () => {
    fixture.proxy.decide = () => 'pass';
  };
  const stateOf = async (transaction: string) => {
    const rows = await fixture.rows<{ state: string; placed: boolean }>(
      `SELECT state, block_number IS NOT NULL AS placed FROM payments.lane_transaction
       WHERE attempts @> jsonb_build_array(jsonb_build_object('hash', $1::text))`,
      [transaction],
    );
    return rows[0];
  };
  const placed = (transaction: string) =>
    waitUntil(
      async () => {
        await fixture.age();
        return (await stateOf(transaction))?.placed === true;
      },
      10_000,
      'the block to be known',
    );

  it('that drops settled payments gets the same bytes again, and charges once', async () => {
    const payments = [await pay(), await pay(), await pay()];
    const [before, height] = [await balance(), await blockNumber()];
    const results = [];
    for (const objects of payments) results.push({ objects, ...(await settled(objects)) });
    const signed = fixture.signer.transactions.length;
    await dropAbove(height, results[0]?.transaction ?? '');
    expect(await balance()).toBe(before);
    goOn();
    await waitUntil(
      async () => {
        await fixture.age();
        return (await balance()) === before + 3n * PRICE;
      },
      15_000,
      'the payments to come back',
    );
    expect(fixture.signer.transactions.length).toBe(signed);
    expect(await service.metric('touchstone_payment_reorganised_total')).toBeGreaterThanOrEqual(3);
    for (const { objects, requestDigest, reservationId, transaction } of results) {
      expect(await fixture.state(reservationId)).toBe('settled');
      // The caller's answer stays: the same payment is settled by the same transaction.
      expect(
        await fixture.gateway.call('payment-verifier', 'authorize', { ...objects, requestDigest }),
      ).toMatchObject({ outcome: 'settled', reservationId, settlement: { transaction } });
      const events = (await fixture.reservationEvents()).filter(
        (event) => event.reservationId === reservationId,
      );
      expect(events.map(({ subject }) => subject)).toEqual(['evt.v1.payment.transfer.settled']);
    }
  });

  it('is also noticed when the blocks were known, and lets later payments go on', async () => {
    const objects = await pay();
    const [before, height] = [await balance(), await blockNumber()];
    const first = await settled(objects);
    await placed(first.transaction);
    await dropAbove(height, first.transaction);
    goOn();
    const later = await settled(await pay());
    await placed(later.transaction);
    expect(await balance()).toBe(before + 2n * PRICE);
  });

  it('whose new branch gives the nonce to another transaction has the payment signed anew', async () => {
    const objects = await pay();
    const [before, height] = [await balance(), await blockNumber()];
    const { reservationId, transaction } = await settled(objects);
    const signed = fixture.signer.transactions.length;
    await dropAbove(height, transaction);
    await fixture.token.rpc('anvil_impersonateAccount', [fixture.signer.address('settlement')]);
    await fixture.token.rpc('eth_sendTransaction', [
      { from: fixture.signer.address('settlement'), to: fixture.signer.address('settlement'), value: '0x0' },
    ]);
    await fixture.token.rpc('anvil_stopImpersonatingAccount', [fixture.signer.address('settlement')]);
    goOn();
    await fixture.token.rpc('anvil_mine', [`0x${(STUCK_BLOCKS_DEFAULT + 1).toString(16)}`]);
    await waitUntil(
      async () => {
        await fixture.age();
        await fixture.token.rpc('anvil_mine', ['0x1']);
        return (await balance()) === before + PRICE;
      },
      15_000,
      'the payment to come back',
    );
    expect(fixture.signer.transactions.length).toBe(signed + 1);
    expect(await stateOf(transaction)).toMatchObject({ state: 'lost' });
    expect(await fixture.state(reservationId)).toBe('settled');
    expect(await service.metric('touchstone_payment_undone_total')).toBe(0);
  });

  it('after which the payment can no longer be made is told to the operator', async () => {
    const payer = await fixture.payer(PRICE);
    const objects = await payer.pay(requirementsFor(fixture.payTo));
    const height = await blockNumber();
    const { transaction } = await settled(objects);
    await dropAbove(height, transaction);
    const { nonce } = authorizationOf(objects);
    await fixture.token.cancel(payer.address, nonce, await payer.signCancellation(nonce));
    goOn();
    await waitUntil(
      async () => {
        await fixture.age();
        return (await service.metric('touchstone_payment_undone_total')) === 1;
      },
      15_000,
      'the loss to be counted',
    );
    await placed(transaction);
  });

  it('is not looked for below a final block', async () => {
    const { transaction } = await settled(await pay());
    await placed(transaction);
    expect(await stateOf(transaction)).toMatchObject({ state: 'mined' });
    await fixture.token.rpc('anvil_mine', [`0x${(2 * SLOTS_IN_AN_EPOCH).toString(16)}`]);
    await waitUntil(async () => (await stateOf(transaction))?.state === 'final', 10_000, 'the final block');
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { PRICE, requirementsFor, type X402Objects } from './support/payer.js';

const START_TIMEOUT_MS = 60_000;
const CONFIRMATIONS = 5;
/** Empty blocks that the development chain would mine by itself would end what these tests look at. */
const CHAIN = { finalizes: false, slotsInAnEpoch: 40 };

/** A payment-verifier whose receipts count after some blocks, on a chain that mines only when a test says so. */
async function start(environment: Record<string, string> = {}) {
  const fixture = await PaymentFixture.create(CHAIN);
  await fixture.start({
    TOUCHSTONE_PAYMENT_CONFIRMATIONS: String(CONFIRMATIONS),
    TOUCHSTONE_SETTLE_TIMEOUT_MS: '300',
    ...environment,
  });
  return fixture;
}

const mine = (fixture: PaymentFixture, blocks: number) =>
  fixture.token.rpc('anvil_mine', [`0x${blocks.toString(16)}`]);

const payment = async (fixture: PaymentFixture): Promise<X402Objects> =>
  (await fixture.payer()).pay(requirementsFor(fixture.payTo));

async function settling(
  fixture: PaymentFixture,
  given?: X402Objects,
): Promise<{ id: string; outcome: string }> {
  const objects = given ?? (await payment(fixture));
  const claim = await fixture.gateway.call('payment-verifier', 'authorize', {
    ...objects,
    requestDigest: digest(),
  });
  if (claim.outcome !== 'reserved') throw new Error(JSON.stringify(claim));
  const { reservationId } = claim;
  const { outcome } = await fixture.gateway.call('payment-verifier', 'settle', { reservationId });
  return { id: reservationId, outcome };
}

/** Lets recovery look at a settlement as often as three times, each time as if nobody waited for it any more. */
async function lookedAtByRecovery(fixture: PaymentFixture, id: string): Promise<void> {
  const looks = () => fixture.proxy.callsOf('eth_getTransactionReceipt').length;
  // That it asks for the fourth time shows that the third run has ended.
  for (let run = 1; run <= 4; run += 1) {
    const before = looks();
    await waitUntil(
      async () => {
        if (looks() > before) return true;
        // Again and again: the look before this one makes the row young when it ends.
        await fixture.age(id);
        return false;
      },
      10_000,
      `look ${run} for the receipt`,
    );
  }
}

async function transactionOf(fixture: PaymentFixture, id: string) {
  const rows = await fixture.rows<{ state: string; attempts: { hash: string }[]; placed: boolean }>(
    `SELECT state, attempts, block_number IS NOT NULL AS placed FROM payments.lane_transaction
     WHERE subject = $1 ORDER BY signed_at DESC`,
    [id],
  );
  return { count: rows.length, newest: rows[0] };
}

describe('settlements that count after five blocks', () => {
  let fixture: PaymentFixture;
  beforeAll(async () => {
    fixture = await start();
  }, START_TIMEOUT_MS);
  afterEach(() => {
    fixture.proxy.decide = () => 'pass';
  });
  afterAll(() => fixture.close());

  it('are never signed again while they stand in a block that is not deep enough', async () => {
    const before = await fixture.token.balanceOf(fixture.payTo);
    const signed = fixture.signer.transactions.length;
    const { id, outcome } = await settling(fixture);
    expect(outcome).toBe('pending');
    await waitUntil(async () => (await transactionOf(fixture, id)).newest?.placed === true);
    await lookedAtByRecovery(fixture, id);
    expect(fixture.signer.transactions.length).toBe(signed + 1);
    expect(await transactionOf(fixture, id)).toMatchObject({ count: 1, newest: { state: 'mined' } });
    expect(await fixture.state(id)).toBe('settling');
    await mine(fixture, CONFIRMATIONS);
    await fixture.recovered(id, 'settled');
    expect(fixture.signer.transactions.length).toBe(signed + 1);
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
  });

  it('are not signed again when the receipt comes from a node that lags behind the count', async () => {
    const signed = fixture.signer.transactions.length;
    fixture.proxy.decide = (method) => (method === 'eth_getTransactionReceipt' ? 'hide' : 'pass');
    const { id } = await settling(fixture);
    await mine(fixture, 2);
    await lookedAtByRecovery(fixture, id);
    expect(fixture.signer.transactions.length).toBe(signed + 1);
    fixture.proxy.decide = () => 'pass';
    await mine(fixture, CONFIRMATIONS);
    await fixture.recovered(id, 'settled');
    expect(fixture.signer.transactions.length).toBe(signed + 1);
    expect((await transactionOf(fixture, id)).count).toBe(1);
  });
});

describe('a settlement whose fees have become too low', () => {
  let fixture: PaymentFixture;
  beforeAll(async () => {
    fixture = await start({ TOUCHSTONE_PAYMENT_CONFIRMATIONS: '1' });
  }, START_TIMEOUT_MS);
  afterAll(() => fixture.close());

  it(
    'gets higher fees under the same nonce, and holds nobody up',
    async () => {
      const before = await fixture.token.balanceOf(fixture.payTo);
      const signed = fixture.signer.transactions.length;
      const payments = [await payment(fixture), await payment(fixture)];
      await fixture.token.rpc('evm_setAutomine', [false]);
      const first = await settling(fixture, payments[0]);
      expect(first.outcome).toBe('pending');
      // Ten times what the base fee was: the first bytes cover twice as much.
      const { baseFeePerGas } = await fixture.token.rpc<{ baseFeePerGas: string }>('eth_getBlockByNumber', [
        'latest',
        false,
      ]);
      const dear = BigInt(baseFeePerGas) * 10n;
      const mineDear = async (): Promise<void> => {
        await fixture.token.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${dear.toString(16)}`]);
        await mine(fixture, 1);
      };
      await waitUntil(
        async () => {
          await fixture.age(first.id);
          await mineDear();
          return (await fixture.state(first.id)) === 'settled';
        },
        25_000,
        'the settlement at the dearer price',
      );
      const { count, newest } = await transactionOf(fixture, first.id);
      expect(count).toBe(1);
      expect(newest?.attempts.length).toBeGreaterThanOrEqual(2);
      const nonces = fixture.signer.transactions.slice(signed).map(({ nonce }) => nonce);
      expect(new Set(nonces).size).toBe(1);
      const second = await settling(fixture, payments[1]);
      await waitUntil(
        async () => {
          await fixture.age(second.id);
          await mineDear();
          return (await fixture.state(second.id)) === 'settled';
        },
        25_000,
        'the settlement behind it',
      );
      await fixture.token.rpc('evm_setAutomine', [true]);
      expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + 2n * PRICE);
    },
    START_TIMEOUT_MS,
  );
});

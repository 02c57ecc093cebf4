import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SETTLE_CONCURRENCY_MAX } from '../src/config.js';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { requirementsFor } from './support/payer.js';

const TIMEOUT_MS = 120_000;
/** Seconds between two blocks of a chain that does not mine at once. */
const BLOCK_SECONDS = 2;
const PAYMENTS = 100;

describe('settlements that wait', () => {
  let fixture: PaymentFixture;
  beforeAll(async () => {
    fixture = await PaymentFixture.create({ finalizes: false });
    await fixture.start({ TOUCHSTONE_EVM_RPC_TIMEOUT_MS: '20000' });
  }, TIMEOUT_MS);
  afterAll(() => fixture.close());

  const settle = (reservationId: string) =>
    fixture.gateway.call('payment-verifier', 'settle', { reservationId }, { timeoutMs: 60_000 });
  const reserve = async (validSeconds: number): Promise<string> => {
    const validBefore = String(Math.floor(Date.now() / 1_000) + validSeconds);
    const payer = await fixture.payer();
    const objects = await payer.payWith(requirementsFor(fixture.payTo), { validBefore });
    const claim = await fixture.gateway.call('payment-verifier', 'authorize', {
      ...objects,
      requestDigest: digest(),
    });
    if (claim.outcome !== 'reserved') throw new Error(JSON.stringify(claim));
    return claim.reservationId;
  };

  it(
    'are taken up to SETTLE_CONCURRENCY_MAX at the same time, one more is refused as queue-full',
    async () => {
      const reservationId = await reserve(600);
      fixture.signer.fail('away');
      const held = Array.from({ length: SETTLE_CONCURRENCY_MAX }, () => settle(reservationId));
      const settled = Promise.allSettled(held);
      await expect(settle(reservationId)).rejects.toMatchObject({ code: 'queue-full' });
      for (const result of await settled) expect(result).toMatchObject({ value: { outcome: 'unsent' } });
      fixture.signer.recover();
      expect(await settle(reservationId)).toMatchObject({ outcome: 'settled' });
    },
    TIMEOUT_MS,
  );

  it(
    `of ${PAYMENTS} payments are all made while a block comes every ${BLOCK_SECONDS} s`,
    async () => {
      const before = await fixture.token.balanceOf(fixture.payTo);
      const reservations: string[] = [];
      for (let made = 0; made < PAYMENTS; made += 1) reservations.push(await reserve(600));
      await fixture.token.rpc('evm_setAutomine', [false]);
      await fixture.token.rpc('evm_setIntervalMining', [BLOCK_SECONDS]);
      const results = await Promise.all(reservations.map(settle));
      const outcomes = new Set(results.map(({ outcome }) => outcome));
      await fixture.token.rpc('evm_setIntervalMining', [0]);
      await fixture.token.rpc('evm_setAutomine', [true]);
      expect(outcomes).toEqual(new Set(['settled']));
      expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + BigInt(PAYMENTS) * 250_000n);
    },
    TIMEOUT_MS,
  );
});

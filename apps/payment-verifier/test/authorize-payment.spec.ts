import { beforeEach, describe, expect, it } from '@jest/globals';
import { VALIDITY_MIN_DEFAULT_SECONDS } from '../src/config.js';
import { PaymentDesk } from '../src/domain/payment-desk.js';
import type { AuthorizationFate, Verdict } from '../src/domain/ports.js';
import { reasons } from '../src/domain/reasons.js';
import { OTHER_REQUESTS_MAX, type Reservation } from '../src/domain/reservation.js';
import { FIRST_SIGHT_BLOCKS } from '../src/domain/authorize-payment.js';
import { FakeWorld, silentMetrics } from './support/fake-world.js';
import { samplePayment } from './support/sample-payment.js';

const OWN = 'aa'.repeat(32);
const LEASE_MS = 60_000;
const paidBy = { kind: 'paid', transfer: { transaction: `0x${'ab'.repeat(32)}`, logIndex: 1 } } as const;

describe('what a payment is told that does not verify', () => {
  let world: FakeWorld;
  let verdict: Verdict;
  let recently: boolean;
  let fate: AuthorizationFate;
  let asked: Reservation[];
  let whileVerifying: () => Promise<void>;
  let ids: number;
  let desk: PaymentDesk;
  beforeEach(() => {
    world = new FakeWorld();
    verdict = { valid: true };
    recently = false;
    fate = { kind: 'open' };
    asked = [];
    whileVerifying = async () => undefined;
    ids = 0;
    world.fateOf = async (reservation) => {
      if (!world.nodeUp) await world.recentBlock();
      asked.push(reservation);
      return fate;
    };
    world.recentBlock = async () => FIRST_SIGHT_BLOCKS + 5n;
    desk = new PaymentDesk({
      store: world.store,
      chain: world,
      facilitator: {
        verify: async () => {
          const said = verdict;
          await whileVerifying();
          return said;
        },
        isVerified: () => recently,
        settle: (own, sent) => world.settle(own, sent),
      },
      metrics: silentMetrics,
      nowMs: () => world.nowMs,
      newId: () => `row-${ids++}`,
      leaseMs: LEASE_MS,
      validityMinSeconds: VALIDITY_MIN_DEFAULT_SECONDS,
      policy: { network: 'eip155:84532', asset: `0x${'83'.repeat(20)}`, recipients: [] },
    });
  });
  const authorize = (payment = samplePayment(), digest = OWN) => desk.authorizing.authorize(payment, digest);
  const verifiedBefore = async () => {
    const payment = samplePayment();
    verdict = { valid: true };
    const claim = await authorize(payment);
    if (claim.outcome !== 'reserved') throw new Error(claim.outcome);
    await desk.releasing.release(claim.reservation.id, 'inference-failed');
    return payment;
  };

  it.each([
    [reasons.nonceAlreadyUsed, { kind: 'open' }, 'elsewhere'],
    [reasons.validBefore, { kind: 'open' }, 'no'],
    [reasons.validBefore, { kind: 'expired' }, 'no'],
    [reasons.validBefore, paidBy, 'elsewhere'],
    [reasons.insufficientBalance, { kind: 'open' }, 'no'],
    [reasons.insufficientBalance, { kind: 'used-otherwise' }, 'elsewhere'],
    [reasons.simulationFailed, { kind: 'canceled' }, 'no'],
    ['invalid_exact_evm_recipient_mismatch', paidBy, 'no'],
  ] as const)('%s at first sight, where the chain says %j: charged %s', async (reason, says, charged) => {
    verdict = { valid: false, reason };
    fate = says;
    expect(await authorize()).toMatchObject({ outcome: 'invalid', reason, charged });
    expect(world.store.rows.size).toBe(0);
    // The use may be older than the claim.
    for (const { fromBlock } of asked) expect(fromBlock).toBe(5n);
  });

  it.each([
    [reasons.validBefore, paidBy, { outcome: 'settled', settlement: { success: true } }],
    [reasons.insufficientBalance, paidBy, { outcome: 'settled' }],
    [reasons.nonceAlreadyUsed, paidBy, { outcome: 'settled' }],
    [reasons.validBefore, { kind: 'expired' }, { outcome: 'invalid', charged: 'no' }],
    [reasons.insufficientBalance, { kind: 'expired' }, { outcome: 'invalid', charged: 'no' }],
    [reasons.nonceAlreadyUsed, { kind: 'canceled' }, { outcome: 'invalid', charged: 'no' }],
    [reasons.nonceAlreadyUsed, { kind: 'used-otherwise' }, { outcome: 'invalid', charged: 'elsewhere' }],
    [reasons.validBefore, { kind: 'open' }, { outcome: 'in-flight' }],
    [reasons.nonceAlreadyUsed, { kind: 'open' }, { outcome: 'in-flight' }],
    [reasons.insufficientBalance, { kind: 'open' }, { outcome: 'invalid', charged: 'unknown' }],
    [reasons.simulationFailed, { kind: 'open' }, { outcome: 'invalid', charged: 'unknown' }],
    ['some_new_reason', paidBy, { outcome: 'settled' }],
  ] as const)('%s after it verified before, where the chain says %j: %j', async (reason, says, told) => {
    const payment = await verifiedBefore();
    verdict = { valid: false, reason };
    fate = says;
    expect(await authorize(payment)).toMatchObject(told);
    expect(asked).toHaveLength(1);
  });

  it('is not verified again where that was moments ago and the request gave it back', async () => {
    const payment = await verifiedBefore();
    verdict = { valid: false, reason: reasons.insufficientBalance };
    expect(await authorize(payment)).toMatchObject({ outcome: 'invalid' });
    recently = true;
    expect(await authorize(payment)).toMatchObject({ outcome: 'reserved', reservation: { verified: true } });
    expect(await authorize(payment)).toMatchObject({ outcome: 'in-flight' });
    // Whoever held it may be gone, and somebody else may have sent it since.
    world.nowMs += LEASE_MS;
    expect(await authorize(payment)).toMatchObject({ outcome: 'invalid' });
  });

  it('is verified at first sight whatever was verified moments ago', async () => {
    recently = true;
    verdict = { valid: false, reason: reasons.insufficientBalance };
    expect(await authorize()).toMatchObject({ outcome: 'invalid', charged: 'no' });
    expect(world.store.rows.size).toBe(0);
  });

  it.each([reasons.insufficientBalance, reasons.nonceAlreadyUsed])(
    '%s says nothing about the money when another request took over meanwhile',
    async (reason) => {
      const payment = samplePayment();
      whileVerifying = async () => {
        whileVerifying = async () => undefined;
        world.nowMs += LEASE_MS;
        verdict = { valid: true };
        expect(await authorize(payment)).toMatchObject({ outcome: 'reserved' });
      };
      verdict = { valid: false, reason };
      expect(await authorize(payment)).toMatchObject({ outcome: 'invalid', reason, charged: 'unknown' });
      expect(await world.store.findByKey(payment)).toMatchObject({ state: 'reserved', verified: true });
    },
  );

  it('lets go of a payment that verified before when the chain cannot be asked', async () => {
    const payment = await verifiedBefore();
    verdict = { valid: false, reason: reasons.insufficientBalance };
    const { fateOf } = world;
    world.fateOf = async () => {
      world.nodeUp = false;
      return fateOf(await world.store.find('row-0').then((row) => row!));
    };
    world.recentBlock = new FakeWorld().recentBlock.bind(world);
    await expect(authorize(payment)).rejects.toMatchObject({ code: 'dependency-unavailable' });
    expect(await world.store.findByKey(payment)).toMatchObject({ state: 'released' });
  });

  it('asks the chain for a payment whose transaction reverted each time it comes', async () => {
    const payment = await verifiedBefore();
    const { id } = (await world.store.findByKey(payment))!;
    await world.store.fail(id, reasons.transactionFailed, { success: false, transaction: '' }, 0, 0);
    expect(await authorize(payment)).toMatchObject({
      outcome: 'invalid',
      reason: reasons.transactionFailed,
      charged: 'unknown',
    });
    fate = paidBy;
    expect(await authorize(payment)).toMatchObject({ outcome: 'settled', reservation: { id } });
    expect(await world.store.find(id)).toMatchObject({ state: 'settled' });
  });

  it('needs an authorisation that holds for VALIDITY_MIN_DEFAULT_SECONDS when it first comes, and not later', async () => {
    const now = BigInt(Math.floor(world.nowMs / 1_000));
    const least = samplePayment({ validBefore: now + BigInt(VALIDITY_MIN_DEFAULT_SECONDS) });
    const short = samplePayment({ validBefore: now + BigInt(VALIDITY_MIN_DEFAULT_SECONDS) - 1n });
    expect(await authorize(short)).toEqual({
      outcome: 'invalid',
      reason: reasons.validBefore,
      message:
        'The authorisation holds for 44 s more, at least 45 s are needed to run and settle; sign one that holds longer.',
      charged: 'no',
    });
    expect(await authorize(least)).toMatchObject({ outcome: 'reserved' });
    world.nowMs += LEASE_MS / 2;
    await desk.releasing.release('row-1', 'inference-failed');
    expect(await authorize(least)).toMatchObject({ outcome: 'reserved' });
    const over = samplePayment({ validBefore: now });
    expect(await authorize(over)).toMatchObject({ message: expect.stringContaining('is over') });
  });

  it('tells OTHER_REQUESTS_MAX other requests that the payment belongs to one, and no further one', async () => {
    const payment = samplePayment();
    await authorize(payment);
    for (let other = 1; other <= OTHER_REQUESTS_MAX; other += 1)
      expect(await authorize(payment, String(other).padStart(64, '0'))).toEqual({
        outcome: 'bound-to-other-request',
      });
    await expect(authorize(payment, 'ff'.repeat(32))).rejects.toMatchObject({ code: 'rate-limited' });
    // The request that it belongs to goes on; what it is paid for is told to have been guessed at.
    expect(await authorize(payment)).toMatchObject({ outcome: 'in-flight' });
    const transfer = { transaction: `0x${'ab'.repeat(32)}`, logIndex: 1 };
    await world.store.settle('row-0', transfer, { success: true, ...transfer }, 0);
    expect(await authorize(payment)).toMatchObject({ outcome: 'settled', guessed: true });
  });

  it('is not told to be guessed at after one other request less', async () => {
    const payment = samplePayment();
    await authorize(payment);
    for (let other = 1; other < OTHER_REQUESTS_MAX; other += 1)
      await authorize(payment, String(other).padStart(64, '0'));
    const transfer = { transaction: `0x${'ab'.repeat(32)}`, logIndex: 1 };
    await world.store.settle('row-0', transfer, { success: true, ...transfer }, 0);
    expect(await authorize(payment)).toMatchObject({ outcome: 'settled', guessed: false });
  });
});

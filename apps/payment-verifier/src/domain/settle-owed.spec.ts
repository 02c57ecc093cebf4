import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { FakeWorld, silentMetrics } from '../../test/support/fake-world.js';
import { samplePayment } from '../../test/support/sample-payment.js';
import { PaymentDesk } from './payment-desk.js';
import { reasons } from './reasons.js';
import { OWED_AT_ONCE_MAX, OWED_ROWS_MAX, SettleOwed } from './settle-owed.js';
import { nextLook, overAtMs, RECHECK_FIRST_MS, RECHECK_LAST_MS } from './settlement-desk.js';

const START_MS = Date.UTC(2026, 0, 2);

describe('settling what is owed', () => {
  let world: FakeWorld;
  let desk: PaymentDesk;
  let failed: string[];
  let owed: SettleOwed;
  let ids: number;
  beforeEach(() => {
    world = new FakeWorld();
    failed = [];
    ids = 0;
    const nowMs = () => world.nowMs;
    desk = new PaymentDesk({
      store: world.store,
      chain: world,
      facilitator: world,
      metrics: silentMetrics,
      nowMs,
      newId: () => `row-${ids++}`,
      leaseMs: 60_000,
      validityMinSeconds: 0,
      policy: { network: 'eip155:84532', asset: `0x${'83'.repeat(20)}`, recipients: [] },
    });
    owed = new SettleOwed({
      store: world.store,
      desk: desk.closing,
      settling: desk.settling,
      nowMs,
      onError: (_error, id) => failed.push(id),
    });
  });

  /** Reservations that are owed, each since a millisecond after the one before it. */
  const owe = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      const claim = await desk.authorizing.authorize(samplePayment(), 'aa'.repeat(32));
      if (claim.outcome !== 'reserved') throw new Error(claim.outcome);
      const nowMs = world.nowMs + index;
      await world.store.owe(claim.reservation.id, nowMs, nowMs);
    }
    world.nowMs += count;
  };
  const waiting = () =>
    [...world.store.rows.values()].filter(({ state }) => state === 'reserved').map(({ id }) => id);

  it('settles what nobody asks for again', async () => {
    await owe(1);
    world.nodeUp = false;
    await owed.run();
    expect([failed, waiting()]).toEqual([['row-0'], ['row-0']]);
    world.nodeUp = true;
    await owed.run();
    expect(waiting()).toEqual(['row-0']);
    world.nowMs += RECHECK_FIRST_MS;
    await owed.run();
    expect([waiting(), world.charges]).toEqual([[], 1]);
  });

  it('closes OWED_ROWS_MAX payments in one run, and leaves one more to the next', async () => {
    await owe(OWED_ROWS_MAX + 1);
    world.expired = true;
    await owed.run();
    expect(waiting()).toEqual([`row-${OWED_ROWS_MAX}`]);
    await owed.run();
    expect(waiting()).toEqual([]);
  });

  it('comes to the last one in the next run although none of those before it can be settled', async () => {
    await owe(OWED_ROWS_MAX + 1);
    const settle = world.settle.bind(world);
    world.settle = (reservation, payment) =>
      reservation.id === `row-${OWED_ROWS_MAX}`
        ? settle(reservation, payment)
        : Promise.reject(new AppError('dependency-unavailable', 'no'));
    await owed.run();
    expect(failed).toHaveLength(OWED_ROWS_MAX);
    await owed.run();
    expect(waiting()).not.toContain(`row-${OWED_ROWS_MAX}`);
  });

  it('settles OWED_AT_ONCE_MAX at the same time, not one more', async () => {
    await owe(OWED_AT_ONCE_MAX + 1);
    let [running, most] = [0, 0];
    world.settle = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      return { kind: 'pending', transaction: '0x' };
    };
    await owed.run();
    expect(most).toBe(OWED_AT_ONCE_MAX);
  });

  it('looks again at a payment whose transaction reverted, once its authorisation is over', async () => {
    for (const paid of [false, true]) {
      world.authorization = 'unused';
      world.expired = false;
      await owe(1);
      const row = [...world.store.rows.values()].at(-1)!;
      await desk.closing.askChain(row, 'reverted');
      expect(await world.store.find(row.id)).toMatchObject({
        state: 'failed',
        reason: reasons.transactionFailed,
        recheckAtMs: overAtMs(row),
      });
      world.nowMs = START_MS;
      await owed.run();
      expect(await world.store.find(row.id)).toMatchObject({ reason: reasons.transactionFailed });
      if (paid) world.transferByOther();
      world.expired = true;
      world.nowMs = overAtMs(row);
      await owed.run();
      expect(await world.store.find(row.id)).toMatchObject(
        paid ? { state: 'settled' } : { state: 'failed', reason: reasons.validBefore, recheckAtMs: null },
      );
      world.nowMs = START_MS;
    }
  });
});

describe('the pause before the next look', () => {
  it.each([
    [0, RECHECK_FIRST_MS],
    [4 * RECHECK_FIRST_MS, RECHECK_FIRST_MS],
    [4 * RECHECK_FIRST_MS + 4, RECHECK_FIRST_MS + 1],
    [4 * RECHECK_LAST_MS, RECHECK_LAST_MS],
    [4 * RECHECK_LAST_MS + 4, RECHECK_LAST_MS],
    [-1_000, RECHECK_FIRST_MS],
  ])('after %d ms is %d ms', (ageMs, pauseMs) => {
    expect(nextLook(START_MS - ageMs, START_MS) - START_MS).toBe(pauseMs);
  });

  it('ends at a date that can be written, however long an authorisation holds', () => {
    expect(overAtMs({ validBefore: 1_800_000_000n })).toBe(1_800_000_000_000);
    expect(new Date(overAtMs({ validBefore: 2n ** 256n - 1n })).toISOString()).toBe(
      '9999-12-31T00:00:00.000Z',
    );
  });
});

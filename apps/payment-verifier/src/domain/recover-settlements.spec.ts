import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { FakeWorld, silentMetrics } from '../../test/support/fake-world.js';
import { samplePayment } from '../../test/support/sample-payment.js';
import { RECOVERY_MIN_AGE_MS, RECOVERY_ROWS_MAX, RecoverSettlements } from './recover-settlements.js';
import { SettlementDesk } from './settlement-desk.js';

describe('recovery of more rows than one run takes up', () => {
  let world: FakeWorld;
  let failed: string[];
  let recovery: RecoverSettlements;
  beforeEach(() => {
    world = new FakeWorld();
    failed = [];
    const nowMs = () => world.nowMs;
    const { store } = world;
    recovery = new RecoverSettlements({
      store,
      lane: world,
      desk: new SettlementDesk({ store, chain: world, metrics: silentMetrics, nowMs }),
      nowMs,
      onError: (_error, id) => failed.push(id),
    });
  });

  /** Reservations that wait for the chain, each touched a millisecond after the one before it. */
  const open = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      const draft = { id: `row-${index}`, payment: samplePayment(), requestDigest: 'aa'.repeat(32) };
      const nowMs = world.nowMs + index;
      await world.store.claim({ ...draft, leaseUntilMs: nowMs, nowMs, fromBlock: 1n }, () => ({
        kind: 'take',
      }));
      await world.store.awaitChain(draft.id, nowMs);
    }
    world.nowMs += count + RECOVERY_MIN_AGE_MS;
  };
  const waiting = () =>
    [...world.store.rows.values()].filter(({ state }) => state === 'settling').map(({ id }) => id);

  it('closes RECOVERY_ROWS_MAX reservations in one run', async () => {
    await open(RECOVERY_ROWS_MAX);
    world.expired = true;
    await recovery.run();
    expect(waiting()).toEqual([]);
  });

  it('leaves one more, the last that was touched, to the next run', async () => {
    await open(RECOVERY_ROWS_MAX + 1);
    world.expired = true;
    await recovery.run();
    expect(waiting()).toEqual([`row-${RECOVERY_ROWS_MAX}`]);
    await recovery.run();
    expect(waiting()).toEqual([]);
  });

  it('comes to the last one in the next run although none of those before it can be looked at', async () => {
    await open(RECOVERY_ROWS_MAX + 1);
    world.expired = true;
    const { fateOf } = world;
    world.fateOf = async (reservation) => {
      if (reservation.id === `row-${RECOVERY_ROWS_MAX}`) return fateOf.call(world, reservation);
      throw new AppError('dependency-unavailable', 'The node cannot answer this.');
    };
    await recovery.run();
    expect(failed).toHaveLength(RECOVERY_ROWS_MAX);
    await recovery.run();
    expect(waiting()).not.toContain(`row-${RECOVERY_ROWS_MAX}`);
  });

  it('comes to the reservations although the lane could not look at anything', async () => {
    await open(1);
    world.expired = true;
    world.run = async () => Promise.reject(new AppError('dependency-unavailable', 'No node answers this.'));
    await expect(recovery.run()).resolves.toBeUndefined();
    expect(waiting()).toEqual([]);
    expect(failed).toEqual(['lane']);
  });
});

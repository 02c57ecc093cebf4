import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { PaymentDesk } from '../src/domain/payment-desk.js';
import type { SettleAttempt } from '../src/domain/ports.js';
import { FakeWorld, silentMetrics } from './support/fake-world.js';
import { samplePayment } from './support/sample-payment.js';

const TRANSACTION = `0x${'ab'.repeat(32)}`;

describe('settling, where two things happen at once', () => {
  const payment = samplePayment();
  let world: FakeWorld;
  let desk: PaymentDesk;
  let id: string;
  /** What the facilitator answers, and what happens meanwhile. */
  let attempt: () => Promise<SettleAttempt>;
  beforeEach(async () => {
    world = new FakeWorld();
    desk = new PaymentDesk({
      store: world.store,
      chain: world,
      facilitator: { verify: (own) => world.verify(own), settle: () => attempt() },
      metrics: silentMetrics,
      nowMs: () => world.nowMs,
      newId: () => 'reservation',
      leaseMs: 60_000,
      policy: { network: payment.network, asset: payment.asset, recipients: [] },
    });
    const claim = await desk.authorizing.authorize(payment, 'aa'.repeat(32));
    if (claim.outcome !== 'reserved') throw new Error(claim.outcome);
    id = claim.reservation.id;
  });

  it('says pending, not failed, when the node goes away after a transaction reverted', async () => {
    attempt = async () => {
      world.store.store(id, TRANSACTION, world.nowMs);
      world.nodeUp = false;
      return { kind: 'reverted', transaction: TRANSACTION };
    };
    expect(await desk.settling.settle(id, payment)).toMatchObject({
      outcome: 'pending',
      settlement: { errorReason: 'settlement_pending', transaction: TRANSACTION },
    });
  });

  it('fails when its transaction reverted and the authorisation is still unused', async () => {
    attempt = async () => {
      world.store.store(id, TRANSACTION, world.nowMs);
      return { kind: 'reverted', transaction: TRANSACTION };
    };
    expect(await desk.settling.settle(id, payment)).toMatchObject({
      outcome: 'failed',
      settlement: { errorReason: 'invalid_exact_evm_transaction_failed' },
    });
  });

  it('settles when its transaction reverted because somebody else was faster', async () => {
    attempt = async () => {
      world.transferByOther();
      return { kind: 'reverted', transaction: TRANSACTION };
    };
    expect(await desk.settling.settle(id, payment)).toMatchObject({ outcome: 'settled' });
  });

  it('believes what another process stored over its own refusal', async () => {
    attempt = async () => {
      world.store.store(id, TRANSACTION, world.nowMs);
      return { kind: 'refused', reason: 'invalid_exact_evm_insufficient_balance' };
    };
    expect(await desk.settling.settle(id, payment)).toMatchObject({
      outcome: 'pending',
      settlement: { transaction: TRANSACTION },
    });
  });

  it('waits for the chain when the time of the authorisation is over but not yet final', async () => {
    attempt = async () => ({
      kind: 'refused',
      reason: 'invalid_exact_evm_payload_authorization_valid_before',
    });
    expect(await desk.settling.settle(id, payment)).toMatchObject({ outcome: 'pending' });
    world.expired = true;
    expect(await desk.settling.settle(id, payment)).toMatchObject({ outcome: 'failed' });
    expect(world.store.announced).toEqual([{ kind: 'failed', reservationId: id }]);
  });

  it('hands errors that are not the node on, and lets the next call try again', async () => {
    attempt = () => Promise.reject(new AppError('signing-refused', 'no'));
    await expect(desk.settling.settle(id, payment)).rejects.toMatchObject({ code: 'signing-refused' });
    attempt = () => world.settle(claimOf(world, id), payment);
    expect(await desk.settling.settle(id, payment)).toMatchObject({ outcome: 'settled' });
  });
});

function claimOf(world: FakeWorld, id: string) {
  const row = world.store.rows.get(id);
  if (row === undefined) throw new Error('The reservation is gone.');
  return row;
}

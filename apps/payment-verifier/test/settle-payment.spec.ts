import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { PaymentDesk } from '../src/domain/payment-desk.js';
import type { SettleAttempt } from '../src/domain/ports.js';
import { reasons } from '../src/domain/reasons.js';
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
      facilitator: { verify: (own) => world.verify(own), isVerified: () => false, settle: () => attempt() },
      metrics: silentMetrics,
      nowMs: () => world.nowMs,
      newId: () => 'reservation',
      leaseMs: 60_000,
      validityMinSeconds: 0,
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
    expect(await desk.settling.settle(id)).toMatchObject({
      outcome: 'pending',
      settlement: { errorReason: 'settlement_pending', transaction: TRANSACTION },
    });
  });

  it('fails when its transaction reverted and the authorisation is still unused', async () => {
    attempt = async () => {
      world.store.store(id, TRANSACTION, world.nowMs);
      return { kind: 'reverted', transaction: TRANSACTION };
    };
    expect(await desk.settling.settle(id)).toMatchObject({
      outcome: 'failed',
      settlement: { errorReason: 'invalid_exact_evm_transaction_failed' },
    });
  });

  it('settles when its transaction reverted because somebody else was faster', async () => {
    attempt = async () => {
      world.transferByOther();
      return { kind: 'reverted', transaction: TRANSACTION };
    };
    expect(await desk.settling.settle(id)).toMatchObject({ outcome: 'settled' });
  });

  it('believes what another process stored over its own refusal', async () => {
    attempt = async () => {
      world.store.store(id, TRANSACTION, world.nowMs);
      return { kind: 'refused', reason: 'invalid_exact_evm_insufficient_balance' };
    };
    expect(await desk.settling.settle(id)).toMatchObject({
      outcome: 'pending',
      settlement: { transaction: TRANSACTION },
    });
  });

  it('goes on owing when the time of the authorisation is over but not yet final', async () => {
    attempt = async () => ({ kind: 'refused', reason: reasons.validBefore });
    expect(await desk.settling.settle(id)).toMatchObject({ outcome: 'failed', charged: 'unknown' });
    expect(claimOf(world, id)).toMatchObject({ state: 'reserved', owedAtMs: world.nowMs });
    world.expired = true;
    expect(await desk.settling.settle(id)).toMatchObject({ outcome: 'failed', charged: 'no' });
    expect(world.store.announced).toMatchObject([{ kind: 'failed', reservationId: id }]);
  });

  it('asks the chain before it believes that the funds are missing', async () => {
    attempt = async () => {
      world.transferByOther();
      return { kind: 'refused', reason: reasons.insufficientBalance };
    };
    expect(await desk.settling.settle(id)).toMatchObject({ outcome: 'settled' });
  });

  it('is pending while the nonce is used in a block that does not count yet', async () => {
    attempt = async () => ({ kind: 'refused', reason: reasons.nonceAlreadyUsed });
    expect(await desk.settling.settle(id)).toMatchObject({
      outcome: 'pending',
      settlement: { transaction: '' },
    });
    expect(claimOf(world, id)).toMatchObject({ state: 'reserved', owedAtMs: world.nowMs });
  });

  it('says that nothing is signed when a part is missing, and lets the next call try again', async () => {
    attempt = () => Promise.reject(new AppError('signing-refused', 'no'));
    expect(await desk.settling.settle(id)).toMatchObject({
      outcome: 'unsent',
      error: { code: 'signing-refused' },
    });
    attempt = async () => {
      world.nodeUp = false;
      return { kind: 'refused', reason: reasons.insufficientBalance };
    };
    expect(await desk.settling.settle(id)).toMatchObject({ outcome: 'unsent' });
    world.nodeUp = true;
    attempt = () => world.settle(claimOf(world, id), payment);
    expect(await desk.settling.settle(id)).toMatchObject({ outcome: 'settled' });
  });

  it('says pending when the attempt failed and its transaction is stored all the same', async () => {
    attempt = async () => {
      world.store.store(id, TRANSACTION, world.nowMs);
      throw new AppError('dependency-unavailable', 'The answer to the commit was lost.');
    };
    expect(await desk.settling.settle(id)).toMatchObject({
      outcome: 'pending',
      settlement: { transaction: TRANSACTION },
    });
  });

  it('says that nobody can tell when the attempt failed and the row cannot be read', async () => {
    const { owe } = world.store;
    attempt = async () => {
      const away = new AppError('dependency-unavailable', 'The database is away.');
      world.store.owe = () => Promise.reject(away);
      throw away;
    };
    await expect(desk.settling.settle(id)).rejects.toMatchObject({ code: 'timeout' });
    world.store.owe = owe;
  });

  it('hands on what is no error of a part', async () => {
    attempt = () => Promise.reject(new TypeError('a defect'));
    await expect(desk.settling.settle(id)).rejects.toThrow('a defect');
  });

  it('takes the payment that was reserved from whoever shows it, and no other', async () => {
    attempt = () => world.settle(claimOf(world, id), payment);
    for (const change of [{ nonce: 'ab'.repeat(32) }, { payer: `0x${'ab'.repeat(20)}` }]) {
      const other = samplePayment({ ...payment, ...change });
      await expect(desk.settling.settlePresented(id, other)).rejects.toMatchObject({ code: 'conflict' });
    }
    await expect(desk.settling.settlePresented('unknown', payment)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(claimOf(world, id)).toMatchObject({ owedAtMs: null });
    expect(await desk.settling.settlePresented(id, payment)).toMatchObject({ outcome: 'settled' });
  });

  it('settles no row that is older than the kept authorisations, until its payment comes again', async () => {
    world.store.rows.set(id, { ...claimOf(world, id), authorization: null });
    await expect(desk.settling.settle(id)).rejects.toMatchObject({ code: 'conflict' });
    world.store.rows.set(id, { ...claimOf(world, id), state: 'settling', transaction: TRANSACTION });
    expect(await desk.settling.settle(id)).toMatchObject({ outcome: 'pending' });
  });
});

function claimOf(world: FakeWorld, id: string) {
  const row = world.store.rows.get(id);
  if (row === undefined) throw new Error('The reservation is gone.');
  return row;
}

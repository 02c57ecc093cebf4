import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { uuidV7 } from '@touchstone/postgres';
import type { Payment } from '../../src/domain/payment.js';
import type { ReservationStore } from '../../src/domain/ports.js';
import { authorizationOf, paymentOf } from '../../src/domain/read-payment.js';
import { reasons } from '../../src/domain/reasons.js';
import { decideClaim, OTHER_REQUESTS_MAX, type Reservation } from '../../src/domain/reservation.js';
import { samplePayment } from './sample-payment.js';

const LEASE_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const digest = (): string => randomBytes(32).toString('hex');
const transfer = () => ({ transaction: `0x${digest()}`, logIndex: 1 });
const paid = (transaction: string) => ({ success: true, transaction, network: 'eip155:84532' });
const unpaid = { success: false, transaction: '', network: 'eip155:84532' };

/** What every store of reservations has to keep. */
export function describeReservationStore(name: string, open: () => ReservationStore): void {
  const claim = (payment: Payment, requestDigest: string, nowMs = START_MS) =>
    open().claim(
      { id: uuidV7(), payment, requestDigest, leaseUntilMs: nowMs + LEASE_MS, nowMs, fromBlock: 7n },
      (existing) => decideClaim(existing, { requestDigest, nowMs }),
    );
  const take = async (payment: Payment, requestDigest: string, nowMs = START_MS): Promise<Reservation> => {
    const result = await claim(payment, requestDigest, nowMs);
    if (!result.taken) throw new Error(result.decision.kind);
    return result.reservation;
  };
  const hold = async (payment: Payment, requestDigest = digest()): Promise<Reservation> => {
    const row = await take(payment, requestDigest);
    await open().confirm(row.id, row.leaseUntilMs, START_MS);
    return row;
  };

  describe(`${name} as a store of reservations`, () => {
    it('keeps what it was given', async () => {
      const payment = samplePayment({ amount: 2n ** 256n - 1n, validBefore: 2n ** 256n - 1n });
      const requestDigest = digest();
      const row = await take(payment, requestDigest);
      const { network, asset, payer, nonce, payTo, amount, validBefore, authorizationDigest } = payment;
      expect(row).toEqual({
        ...{ network, asset, payer, nonce, payTo, amount, validBefore, authorizationDigest, requestDigest },
        id: row.id,
        state: 'reserved',
        verified: false,
        leaseUntilMs: START_MS + LEASE_MS,
        fromBlock: 7n,
        transaction: null,
        settlement: null,
        reason: null,
        updatedAtMs: START_MS,
        authorization: authorizationOf(payment),
        transfer: null,
        owedAtMs: null,
        recheckAtMs: null,
        otherRequests: 0,
      });
      // What is kept is enough to settle with: the same authorisation, to the same digest.
      expect(paymentOf(row.authorization!)).toMatchObject({
        authorizationDigest,
        signature: payment.signature,
      });
      expect(await open().find(row.id)).toEqual(row);
      expect(await open().findByKey(payment)).toEqual(row);
    });

    it('lets one of ten simultaneous claims win', async () => {
      const payment = samplePayment();
      const results = await Promise.all(Array.from({ length: 10 }, () => claim(payment, digest())));
      expect(results.filter(({ taken }) => taken)).toHaveLength(1);
      expect(new Set(results.map(({ reservation }) => reservation.id)).size).toBe(1);
    });

    it('tells payments apart by each part of their key', async () => {
      const payment = samplePayment();
      await hold(payment);
      for (const change of [
        { network: 'eip155:1' },
        { asset: `0x${'99'.repeat(20)}` },
        { payer: `0x${'98'.repeat(20)}` },
        { nonce: digest() },
      ])
        expect((await claim({ ...payment, ...change }, digest())).taken).toBe(true);
    });

    it('lets one of ten simultaneous retries take over a lapsed lease, under the first id', async () => {
      const payment = samplePayment();
      const requestDigest = digest();
      const first = await hold(payment, requestDigest);
      const later = START_MS + LEASE_MS;
      const results = await Promise.all(
        Array.from({ length: 10 }, () => claim(payment, requestDigest, later)),
      );
      expect(results.filter(({ taken }) => taken)).toHaveLength(1);
      expect(new Set(results.map(({ reservation }) => reservation.id))).toEqual(new Set([first.id]));
    });

    it('confirms and rejects only for the holder of the lease', async () => {
      const payment = samplePayment();
      const requestDigest = digest();
      const stale = await take(payment, requestDigest);
      const current = await take(payment, requestDigest, START_MS + LEASE_MS);
      expect(await open().confirm(stale.id, stale.leaseUntilMs, START_MS)).toBe(false);
      expect(await open().reject(stale.id, stale.leaseUntilMs, 'late', START_MS)).toBe(false);
      expect(await open().find(stale.id)).toMatchObject({ state: 'reserved', verified: false });
      expect(await open().confirm(current.id, current.leaseUntilMs, START_MS)).toBe(true);
    });

    it('forgets a claim that never verified, and keeps the binding of one that did', async () => {
      const forgotten = samplePayment();
      const row = await take(forgotten, digest());
      expect(await open().reject(row.id, row.leaseUntilMs, 'insufficient', START_MS)).toBe(true);
      expect(await open().find(row.id)).toBeUndefined();
      const bound = samplePayment();
      const held = await hold(bound);
      expect(await open().reject(held.id, held.leaseUntilMs, 'expired', START_MS)).toBe(true);
      expect(await open().find(held.id)).toMatchObject({ state: 'released', reason: 'expired' });
      expect((await claim(bound, digest())).taken).toBe(false);
    });

    it('renews only what is held, and never shortens a lease', async () => {
      const unverified = await take(samplePayment(), digest());
      const until = START_MS + 2 * LEASE_MS;
      expect(await open().renew(unverified.id, until, START_MS)).toBe(false);
      const held = await hold(samplePayment());
      expect(await open().renew(held.id, until, START_MS)).toBe(true);
      expect(await open().find(held.id)).toMatchObject({ state: 'reserved', leaseUntilMs: until });
      expect(await open().renew(held.id, until - 1, START_MS)).toBe(true);
      expect(await open().find(held.id)).toMatchObject({ leaseUntilMs: until });
      await open().release(held.id, 'x', START_MS);
      expect(await open().renew(held.id, until + 1, START_MS)).toBe(false);
      const settling = await hold(samplePayment());
      await open().awaitChain(settling.id, START_MS);
      expect(await open().renew(settling.id, until, START_MS)).toBe(false);
      expect(await open().renew(uuidV7(), until, START_MS)).toBe(false);
    });

    it('releases only what is held', async () => {
      const unverified = await take(samplePayment(), digest());
      expect(await open().release(unverified.id, 'x', START_MS)).toBe(false);
      const held = await hold(samplePayment());
      expect(await open().release(held.id, 'x', START_MS)).toBe(true);
      expect(await open().release(held.id, 'x', START_MS)).toBe(false);
      expect(await open().release(uuidV7(), 'x', START_MS)).toBe(false);
    });

    it('closes once: the first word stays', async () => {
      const held = await hold(samplePayment());
      const first = transfer();
      const settled = await open().settle(held.id, first, paid(first.transaction), START_MS);
      expect(settled).toMatchObject({ state: 'settled', transaction: first.transaction });
      const second = transfer();
      expect(await open().settle(held.id, second, paid(second.transaction), START_MS)).toEqual(settled);
      expect(await open().fail(held.id, 'late', unpaid, START_MS, null)).toEqual(settled);
      await open().awaitChain(held.id, START_MS);
      expect(await open().release(held.id, 'late', START_MS)).toBe(false);
      expect(await open().find(held.id)).toEqual(settled);
      const other = await hold(samplePayment());
      const failed = await open().fail(other.id, 'canceled', unpaid, START_MS, null);
      expect(failed).toMatchObject({ state: 'failed', reason: 'canceled' });
      expect(await open().settle(other.id, first, paid(first.transaction), START_MS)).toEqual(failed);
    });

    it('owes what verified, once, and neither gives it back nor to another request', async () => {
      const requestDigest = digest();
      const payment = samplePayment();
      const held = await hold(payment, requestDigest);
      const owed = await open().owe(held.id, START_MS + 1, START_MS + 100);
      expect(owed).toMatchObject({ state: 'reserved', owedAtMs: START_MS + 1, recheckAtMs: START_MS + 100 });
      expect(await open().owe(held.id, START_MS + 2, START_MS + 50)).toMatchObject({
        owedAtMs: START_MS + 1,
        recheckAtMs: START_MS + 100,
      });
      expect(await open().release(held.id, 'x', START_MS)).toBe(false);
      expect(await open().reject(held.id, held.leaseUntilMs, 'x', START_MS)).toBe(false);
      expect(await open().find(held.id)).toMatchObject({ state: 'reserved', owedAtMs: START_MS + 1 });
      const later = START_MS + 2 * LEASE_MS;
      expect(await claim(payment, digest(), later)).toMatchObject({
        taken: false,
        decision: { kind: 'bound' },
      });
      expect(await claim(payment, requestDigest, later)).toMatchObject({
        taken: false,
        decision: { kind: 'owed' },
      });
    });

    it('owes what was given back, and neither what never verified nor what is closed', async () => {
      const released = await hold(samplePayment());
      await open().release(released.id, 'x', START_MS);
      expect(await open().owe(released.id, START_MS, START_MS)).toMatchObject({
        state: 'reserved',
        owedAtMs: START_MS,
      });
      const unverified = await take(samplePayment(), digest());
      expect(await open().owe(unverified.id, START_MS, START_MS)).toEqual(unverified);
      const failed = await hold(samplePayment());
      const closed = await open().fail(failed.id, 'canceled', unpaid, START_MS, null);
      expect(await open().owe(failed.id, START_MS, START_MS)).toEqual(closed);
      expect(await open().owe(uuidV7(), START_MS, START_MS)).toBeUndefined();
    });

    it('settles what failed because its transaction reverted, or closes it with the final reason', async () => {
      const [first, second] = [await hold(samplePayment()), await hold(samplePayment())];
      for (const { id } of [first, second])
        await open().fail(id, reasons.transactionFailed, unpaid, START_MS, START_MS + 10);
      const late = transfer();
      expect(await open().settle(first.id, late, paid(late.transaction), START_MS)).toMatchObject({
        state: 'settled',
        transaction: late.transaction,
        reason: null,
        recheckAtMs: null,
      });
      expect(await open().conclude(first.id, 'x', unpaid, START_MS)).toMatchObject({ state: 'settled' });
      expect(await open().conclude(second.id, reasons.validBefore, unpaid, START_MS)).toMatchObject({
        state: 'failed',
        reason: reasons.validBefore,
        recheckAtMs: null,
      });
      expect(await open().settle(second.id, late, paid(late.transaction), START_MS)).toMatchObject({
        state: 'failed',
      });
    });

    it('lists what is due, the longest first, until it is put off or closed', async () => {
      const [owed, reverted, closed] = [
        await hold(samplePayment()),
        await hold(samplePayment()),
        await hold(samplePayment()),
      ];
      await open().owe(owed.id, START_MS, START_MS + 20);
      await open().owe(closed.id, START_MS, START_MS + 5);
      await open().fail(closed.id, reasons.validBefore, unpaid, START_MS, null);
      await open().fail(reverted.id, reasons.transactionFailed, unpaid, START_MS, START_MS + 10);
      const due = async (nowMs: number, limit = 10) => (await open().due(nowMs, limit)).map(({ id }) => id);
      expect(await due(START_MS + 9)).toEqual([]);
      expect(await due(START_MS + 20)).toEqual([reverted.id, owed.id]);
      expect(await due(START_MS + 20, 1)).toEqual([reverted.id]);
      await open().postpone(reverted.id, START_MS + 30);
      await open().postpone(closed.id, START_MS);
      expect(await due(START_MS + 20)).toEqual([owed.id]);
      await open().awaitChain(owed.id, START_MS);
      expect(await due(START_MS + 30)).toEqual([reverted.id]);
    });

    it('counts the other requests that came with a payment, up to one above OTHER_REQUESTS_MAX', async () => {
      const payment = samplePayment();
      const requestDigest = digest();
      const held = await hold(payment, requestDigest);
      for (let tried = 1; tried <= OTHER_REQUESTS_MAX + 3; tried += 1) {
        const { reservation } = await claim(payment, digest());
        expect(reservation.otherRequests).toBe(Math.min(tried, OTHER_REQUESTS_MAX + 1));
      }
      expect((await claim(payment, requestDigest)).reservation.otherRequests).toBe(OTHER_REQUESTS_MAX + 1);
      expect(await open().find(held.id)).toMatchObject({ otherRequests: OTHER_REQUESTS_MAX + 1 });
    });

    it('lists what is open, the longest untouched first', async () => {
      const [first, second] = [await hold(samplePayment()), await hold(samplePayment())];
      await open().awaitChain(second.id, START_MS - 2_000);
      await open().awaitChain(first.id, START_MS - 1_000);
      const ids = async (sinceMs: number, limit = 10) =>
        (await open().open(sinceMs, limit)).map(({ id }) => id);
      expect(await ids(START_MS - 1_000)).toEqual([second.id, first.id]);
      expect(await ids(START_MS - 1_500)).toEqual([second.id]);
      expect(await ids(START_MS, 1)).toEqual([second.id]);
    });

    it('lists what a clock that was ahead touched, from a minute on', async () => {
      const { id } = await hold(samplePayment());
      await open().awaitChain(id, START_MS + 600_000);
      const ids = async (sinceMs: number) => (await open().open(sinceMs, 10)).map((row) => row.id);
      expect(await ids(START_MS)).toEqual([id]);
      expect(await ids(START_MS + 540_000)).toEqual([]);
      expect(await ids(START_MS + 539_999)).toEqual([id]);
    });
  });
}

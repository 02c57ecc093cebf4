import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import { LEASE_DEFAULT_SECONDS } from '../src/config.js';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { authorizationOf, PRICE, requirementsFor, type X402Objects } from './support/payer.js';

describe('payments over RPC, against a real chain', () => {
  let fixture: PaymentFixture;
  beforeAll(async () => {
    fixture = await PaymentFixture.create();
    await fixture.start({
      TOUCHSTONE_EVM_RPC_TIMEOUT_MS: '10000',
    });
  }, 60_000);
  afterAll(() => fixture.close());

  const authorize = (objects: X402Objects, requestDigest: string) =>
    fixture.gateway.call(
      'payment-verifier',
      'authorize',
      { ...objects, requestDigest },
      { timeoutMs: 25_000 },
    );
  const settle = (reservationId: string) =>
    fixture.gateway.call('payment-verifier', 'settle', { reservationId }, { timeoutMs: 25_000 });
  const reserve = async (objects: X402Objects, requestDigest = digest()) => {
    const result = await authorize(objects, requestDigest);
    if (result.outcome !== 'reserved') throw new Error(JSON.stringify(result));
    return result;
  };

  it('reserves and settles a payment of the official client, and announces it once', async () => {
    const payer = await fixture.payer();
    const before = await fixture.token.balanceOf(fixture.payTo);
    const objects = await payer.pay(requirementsFor(fixture.payTo));
    const requestDigest = digest();
    const reserved = await reserve(objects, requestDigest);
    expect(reserved).toMatchObject({
      payer: payer.address,
      payment: {
        payTo: fixture.payTo,
        amount: PRICE.toString(),
        nonce: authorizationOf(objects).nonce.slice(2),
      },
    });
    const settled = await settle(reserved.reservationId);
    expect(settled).toMatchObject({
      outcome: 'settled',
      settlement: { success: true, payer: payer.address },
    });
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
    // A replay gets the stored settlement, and a second settle charges nothing.
    expect(await authorize(objects, requestDigest)).toEqual({
      outcome: 'settled',
      reservationId: reserved.reservationId,
      payment: reserved.payment,
      settlement: 'settlement' in settled && settled.settlement,
      guessed: false,
    });
    expect(await settle(reserved.reservationId)).toEqual(settled);
    expect(await authorize(objects, digest())).toEqual({ outcome: 'bound-to-other-request' });
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
    const own = (await fixture.reservationEvents()).filter(
      ({ reservationId }) => reservationId === reserved.reservationId,
    );
    expect(own).toEqual([
      expect.objectContaining({ subject: 'evt.v1.payment.transfer.settled', requestDigest }),
    ]);
  });

  it('gives one of five simultaneous requests the reservation', async () => {
    const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    const requestDigest = digest();
    const results = await Promise.all(Array.from({ length: 5 }, () => authorize(objects, requestDigest)));
    expect(results.map(({ outcome }) => outcome).sort()).toEqual([
      'in-flight',
      'in-flight',
      'in-flight',
      'in-flight',
      'reserved',
    ]);
    const different = await Promise.all(Array.from({ length: 5 }, () => authorize(objects, digest())));
    expect(new Set(different.map(({ outcome }) => outcome))).toEqual(new Set(['bound-to-other-request']));
  });

  it('makes one transfer of five simultaneous settlements', async () => {
    const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    const { reservationId } = await reserve(objects);
    const before = await fixture.token.balanceOf(fixture.payTo);
    const signed = fixture.signer.transactions.length;
    const results = await Promise.all(Array.from({ length: 5 }, () => settle(reservationId)));
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['settled']));
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
    expect(fixture.signer.transactions.length).toBe(signed + 1);
  });

  it('settles 64 payments, 32 at a time, without a gap in the nonces of its key', async () => {
    const payer = await fixture.payer();
    const count = await fixture.token.transactionCount(fixture.signer.address('settlement'));
    const before = await fixture.token.balanceOf(fixture.payTo);
    const waiting: X402Objects[] = [];
    for (let made = 0; made < 64; made += 1)
      waiting.push(await payer.pay(requirementsFor(fixture.payTo, 1_000n)));
    const work = async (): Promise<void> => {
      for (let objects = waiting.pop(); objects !== undefined; objects = waiting.pop()) {
        const { reservationId } = await reserve(objects);
        expect(await settle(reservationId)).toMatchObject({ outcome: 'settled' });
      }
    };
    await Promise.all(Array.from({ length: 32 }, work));
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + 64_000n);
    expect(await fixture.token.transactionCount(fixture.signer.address('settlement'))).toBe(count + 64);
  });

  it('reserves again under the same id after the lease and after a release', async () => {
    const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    const requestDigest = digest();
    const first = await reserve(objects, requestDigest);
    expect(await authorize(objects, requestDigest)).toMatchObject({
      outcome: 'in-flight',
      retryAfterSeconds: 2,
    });
    fixture.clock.aheadMs += LEASE_DEFAULT_SECONDS * 1_000;
    expect((await reserve(objects, requestDigest)).reservationId).toBe(first.reservationId);
    const release = { reservationId: first.reservationId, reason: 'inference-failed' };
    expect(await fixture.gateway.call('payment-verifier', 'release', release)).toEqual({ released: true });
    expect(await fixture.gateway.call('payment-verifier', 'release', release)).toEqual({ released: false });
    expect(await authorize(objects, digest())).toEqual({ outcome: 'bound-to-other-request' });
    expect((await reserve(objects, requestDigest)).reservationId).toBe(first.reservationId);
    expect(await settle(first.reservationId)).toMatchObject({ outcome: 'settled' });
    expect(await fixture.gateway.call('payment-verifier', 'release', release)).toEqual({ released: false });
  });

  it('fails for ever when the payer cancels between reservation and settlement', async () => {
    const payer = await fixture.payer();
    const objects = await payer.pay(requirementsFor(fixture.payTo));
    const requestDigest = digest();
    const { reservationId } = await reserve(objects, requestDigest);
    const { nonce } = authorizationOf(objects);
    await fixture.token.cancel(payer.address, nonce, await payer.signCancellation(nonce));
    const signed = fixture.signer.transactions.length;
    expect(await settle(reservationId)).toMatchObject({
      outcome: 'failed',
      settlement: { success: false, errorReason: 'authorization_canceled', transaction: '' },
      charged: 'no',
    });
    expect(fixture.signer.transactions.length).toBe(signed);
    expect(await authorize(objects, requestDigest)).toMatchObject({
      outcome: 'invalid',
      reason: 'authorization_canceled',
      charged: 'no',
    });
    expect((await fixture.reservationEvents()).at(-1)).toMatchObject({
      subject: 'evt.v1.payment.transfer.failed',
      reservationId,
      reason: 'authorization_canceled',
    });
  });

  it('takes a transfer that somebody else sent as the payment', async () => {
    const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    const { reservationId } = await reserve(objects);
    const before = await fixture.token.balanceOf(fixture.payTo);
    const { transactionHash } = await fixture.token.transfer(objects);
    expect(await settle(reservationId)).toMatchObject({
      outcome: 'settled',
      settlement: { success: true, transaction: transactionHash },
    });
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
  });

  it('fails when the payer used the nonce for another transfer', async () => {
    const payer = await fixture.payer();
    const objects = await payer.pay(requirementsFor(fixture.payTo));
    const { nonce, validBefore = '' } = authorizationOf(objects);
    const twin = await payer.payWith(requirementsFor(fixture.payTo), {
      to: payer.address,
      nonce,
      validBefore,
    });
    const { reservationId } = await reserve(objects);
    await fixture.token.transfer(twin);
    expect(await settle(reservationId)).toMatchObject({
      outcome: 'failed',
      settlement: { errorReason: 'authorization_used_for_other_transfer' },
      charged: 'elsewhere',
    });
  });

  it('holds a payment as long as its request renews, and no longer than the lease after that', async () => {
    const leaseMs = LEASE_DEFAULT_SECONDS * 1_000;
    const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    const requestDigest = digest();
    const { reservationId } = await reserve(objects, requestDigest);
    const renew = () => fixture.gateway.call('payment-verifier', 'renew', { reservationId });
    for (let renewal = 0; renewal < 3; renewal += 1) {
      fixture.clock.aheadMs += leaseMs / 2;
      expect(await renew()).toEqual({ held: true });
    }
    fixture.clock.aheadMs += leaseMs / 2;
    expect(await authorize(objects, requestDigest)).toMatchObject({ outcome: 'in-flight' });
    fixture.clock.aheadMs += leaseMs / 2;
    expect((await reserve(objects, requestDigest)).reservationId).toBe(reservationId);
    // The first holder was only paused: what it does now is the same request, charged once.
    const before = await fixture.token.balanceOf(fixture.payTo);
    expect(await renew()).toEqual({ held: true });
    const both = await Promise.all([settle(reservationId), settle(reservationId)]);
    expect(both[0]).toMatchObject({ outcome: 'settled' });
    expect(both[1]).toEqual(both[0]);
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
    expect(await renew()).toEqual({ held: false });
  });

  it('finds a lapsed reservation paid whose transfer somebody else sent', async () => {
    const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    const requestDigest = digest();
    const { reservationId, payment } = await reserve(objects, requestDigest);
    const { transactionHash } = await fixture.token.transfer(objects);
    fixture.clock.aheadMs += LEASE_DEFAULT_SECONDS * 1_000;
    const settlement = { success: true, transaction: transactionHash };
    expect(await authorize(objects, requestDigest)).toMatchObject({
      outcome: 'settled',
      reservationId,
      payment,
      settlement,
    });
    expect(await settle(reservationId)).toMatchObject({ outcome: 'settled', settlement });
  });

  it('owes a payment whose funds left, and settles it by itself when they are back', async () => {
    const payer = await fixture.payer(PRICE);
    const [first, second] = [
      await payer.pay(requirementsFor(fixture.payTo)),
      await payer.pay(requirementsFor(fixture.payTo)),
    ];
    const requestDigest = digest();
    const { reservationId } = await reserve(first, requestDigest);
    await fixture.token.transfer(second);
    expect(await settle(reservationId)).toMatchObject({
      outcome: 'failed',
      settlement: { errorReason: 'invalid_exact_evm_insufficient_balance' },
      charged: 'unknown',
    });
    // It is neither given back nor taken by another request; the same one goes on with it at once.
    const release = { reservationId, reason: 'x' };
    expect(await fixture.gateway.call('payment-verifier', 'release', release)).toEqual({ released: false });
    expect(await authorize(first, digest())).toEqual({ outcome: 'bound-to-other-request' });
    expect((await reserve(first, requestDigest)).reservationId).toBe(reservationId);
    await fixture.token.mint(payer.address, PRICE);
    await fixture.recovered(reservationId, 'settled');
    expect((await fixture.reservationEvents()).at(-1)).toMatchObject({
      subject: 'evt.v1.payment.transfer.settled',
      reservationId,
    });
  });

  it('settles after a release what somebody has an answer for', async () => {
    const objects = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    const { reservationId } = await reserve(objects);
    await fixture.gateway.call('payment-verifier', 'release', { reservationId, reason: 'internal' });
    expect(await settle(reservationId)).toMatchObject({ outcome: 'settled' });
  });

  it('settles nothing that was not reserved', async () => {
    await expect(settle('0198f1f0-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('names what it supports', async () => {
    expect(await fixture.gateway.call('payment-verifier', 'supported', {})).toMatchObject({
      supported: {
        kinds: [{ x402Version: 2, scheme: 'exact', network: 'eip155:84532' }],
        signers: { 'eip155:*': [fixture.signer.address('settlement')] },
      },
    });
  });

  it('publishes its events to the stream', async () => {
    await waitUntil(async () => {
      const rows = await fixture.rows<{ pending: number }>(
        'SELECT count(*)::int AS pending FROM payments.outbox WHERE published_at IS NULL',
      );
      return rows[0]?.pending === 0;
    });
  });
});

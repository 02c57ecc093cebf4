import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { waitUntil } from '@touchstone/testing';
import { STUCK_BLOCKS_DEFAULT } from '../src/config.js';
import { digest, killed, PaymentFixture } from './support/payment-fixture.js';
import { authorizationOf, PRICE, requirementsFor, type X402Objects } from './support/payer.js';

const FAULT_TIMEOUT_MS = 60_000;

describe('payments when parts fail', () => {
  let fixture: PaymentFixture;
  beforeAll(async () => {
    fixture = await PaymentFixture.create();
  }, FAULT_TIMEOUT_MS);
  afterEach(() => {
    fixture.proxy.decide = () => 'pass';
    fixture.signer.recover();
  });
  afterAll(() => fixture.close());

  const reserve = async (objects: X402Objects, requestDigest = digest()): Promise<string> => {
    const result = await fixture.gateway.call('payment-verifier', 'authorize', {
      ...objects,
      requestDigest,
    });
    if (result.outcome !== 'reserved') throw new Error(JSON.stringify(result));
    return result.reservationId;
  };
  const settle = (reservationId: string, timeoutMs = 25_000) =>
    fixture.gateway.call('payment-verifier', 'settle', { reservationId }, { timeoutMs });
  const payment = async () => (await fixture.payer()).pay(requirementsFor(fixture.payTo));
  const eventsOf = async (id: string) =>
    (await fixture.reservationEvents()).filter(({ reservationId }) => reservationId === id);

  /** Waits for recovery and checks that the payment moved exactly once and was announced exactly once. */
  const expectOneCharge = async (reservationId: string, before: bigint) => {
    await fixture.recovered(reservationId, 'settled');
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
    expect((await eventsOf(reservationId)).map(({ subject }) => subject)).toEqual([
      'evt.v1.payment.transfer.settled',
    ]);
  };

  describe('one process', () => {
    let stop: () => Promise<unknown>;
    beforeAll(async () => {
      const service = await fixture.start({ TOUCHSTONE_SETTLE_TIMEOUT_MS: '300' });
      stop = () => service.stop();
    });
    afterAll(() => stop());

    it.each(['hang', 'fail'] as const)('answers while the node does %s, and goes on after', async (kind) => {
      const objects = await payment();
      const requestDigest = digest();
      fixture.proxy.decide = () => kind;
      await expect(reserve(objects, requestDigest)).rejects.toMatchObject({
        code: 'dependency-unavailable',
      });
      fixture.proxy.decide = () => 'pass';
      const id = await reserve(objects, requestDigest);
      fixture.proxy.decide = () => kind;
      expect(await settle(id)).toEqual({
        outcome: 'unsent',
        code: 'dependency-unavailable',
        retryable: true,
      });
      expect(await fixture.state(id)).toBe('reserved');
      fixture.proxy.decide = () => 'pass';
      expect(await settle(id)).toMatchObject({ outcome: 'settled' });
    });

    it('never takes a node that fails during the verification for an invalid payment', async () => {
      for (const method of ['eth_getCode', 'eth_call']) {
        const objects = await payment();
        fixture.proxy.decide = (asked) => (asked === method ? 'fail' : 'pass');
        const requestDigest = digest();
        await expect(reserve(objects, requestDigest)).rejects.toMatchObject({
          code: 'dependency-unavailable',
        });
        fixture.proxy.decide = () => 'pass';
        await reserve(objects, requestDigest);
      }
    });

    it('charges nothing while the signer is silent, and settles when it is back', async () => {
      const objects = await payment();
      const id = await reserve(objects);
      const before = await fixture.token.balanceOf(fixture.payTo);
      fixture.signer.fail('away');
      expect(await settle(id)).toMatchObject({ outcome: 'unsent', code: 'dependency-unavailable' });
      fixture.signer.recover();
      expect(await fixture.state(id)).toBe('reserved');
      expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before);
      expect(await settle(id)).toMatchObject({ outcome: 'settled' });
    });

    it('says pending when the receipt does not come in time; recovery settles', async () => {
      const objects = await payment();
      const before = await fixture.token.balanceOf(fixture.payTo);
      const id = await reserve(objects);
      fixture.proxy.decide = (method) => (method === 'eth_getTransactionReceipt' ? 'hide' : 'pass');
      const result = await settle(id);
      expect(result).toMatchObject({
        outcome: 'pending',
        settlement: { success: false, errorReason: 'settlement_pending' },
      });
      if (result.outcome !== 'pending') throw new Error(result.outcome);
      expect(result.settlement['transaction']).toMatch(/^0x[0-9a-f]{64}$/);
      expect(await fixture.state(id)).toBe('settling');
      fixture.proxy.decide = () => 'pass';
      await expectOneCharge(id, before);
      expect(await settle(id)).toMatchObject({
        outcome: 'settled',
        settlement: { transaction: result.settlement['transaction'] },
      });
    });

    it('sends the same bytes again when the first sending failed', async () => {
      const objects = await payment();
      const before = await fixture.token.balanceOf(fixture.payTo);
      const id = await reserve(objects);
      fixture.proxy.decide = (method) => (method === 'eth_sendRawTransaction' ? 'fail' : 'pass');
      const signed = fixture.signer.transactions.length;
      expect(await settle(id)).toMatchObject({ outcome: 'pending' });
      fixture.proxy.decide = () => 'pass';
      await expectOneCharge(id, before);
      expect(fixture.signer.transactions.length).toBe(signed + 1);
    });

    it('signs anew when its nonce was taken by another transaction of the key', async () => {
      const objects = await payment();
      const before = await fixture.token.balanceOf(fixture.payTo);
      const id = await reserve(objects);
      fixture.proxy.decide = (method) => (method === 'eth_sendRawTransaction' ? 'fail' : 'pass');
      expect(await settle(id)).toMatchObject({ outcome: 'pending' });
      await fixture.token.rpc('anvil_impersonateAccount', [fixture.signer.address('settlement')]);
      await fixture.token.rpc('eth_sendTransaction', [
        {
          from: fixture.signer.address('settlement'),
          to: fixture.signer.address('settlement'),
          value: '0x0',
        },
      ]);
      await fixture.token.rpc('anvil_stopImpersonatingAccount', [fixture.signer.address('settlement')]);
      fixture.proxy.decide = () => 'pass';
      // Only blocks without a receipt show that none of the bytes can be mined any more.
      const signed = fixture.signer.transactions.length;
      await waitUntil(async () => {
        await fixture.age(id);
        const rows = await fixture.rows(
          'SELECT 1 FROM payments.lane_transaction WHERE subject = $1 AND used_up_at_block IS NOT NULL',
          [id],
        );
        return rows.length === 1;
      });
      expect(fixture.signer.transactions.length).toBe(signed);
      await fixture.token.rpc('anvil_mine', [`0x${(STUCK_BLOCKS_DEFAULT + 1).toString(16)}`]);
      await expectOneCharge(id, before);
      expect(fixture.signer.transactions.length).toBe(signed + 1);
    });

    it.each([
      ['cancelled', 'authorization_canceled'],
      ['emptied', 'invalid_exact_evm_transaction_failed'],
    ] as const)(
      'fails a payment whose transaction reverts because it was %s meanwhile',
      async (how, reason) => {
        const payer = await fixture.payer(PRICE);
        const [objects, other] = [
          await payer.pay(requirementsFor(fixture.payTo)),
          await payer.pay(requirementsFor(`0x${'ef'.repeat(20)}`)),
        ];
        const before = await fixture.token.balanceOf(fixture.payTo);
        const id = await reserve(objects);
        fixture.proxy.decide = (method) => (method === 'eth_sendRawTransaction' ? 'fail' : 'pass');
        expect(await settle(id)).toMatchObject({ outcome: 'pending' });
        const { nonce } = authorizationOf(objects);
        if (how === 'cancelled')
          await fixture.token.cancel(payer.address, nonce, await payer.signCancellation(nonce));
        else await fixture.token.transfer(other);
        fixture.proxy.decide = () => 'pass';
        await fixture.recovered(id, 'failed');
        expect((await eventsOf(id))[0]).toMatchObject({ subject: 'evt.v1.payment.transfer.failed', reason });
        expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before);
      },
    );

    it('fails a payment that was never sent once its time is over at a final block', async () => {
      const payer = await fixture.payer();
      const objects = await payer.pay(requirementsFor(fixture.payTo, PRICE, 30));
      const before = await fixture.token.balanceOf(fixture.payTo);
      const id = await reserve(objects);
      fixture.proxy.decide = (method) => (method === 'eth_sendRawTransaction' ? 'fail' : 'pass');
      expect(await settle(id)).toMatchObject({ outcome: 'pending' });
      await fixture.token.passTime(60);
      await fixture.recovered(id, 'failed');
      fixture.proxy.decide = () => 'pass';
      expect(await settle(id)).toMatchObject({
        outcome: 'failed',
        settlement: { errorReason: 'invalid_exact_evm_payload_authorization_valid_before' },
        charged: 'no',
      });
      expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before);
      // The unused bytes are still sent, so that the nonces of the key have no gap.
      const next = await (
        await fixture.payer()
      ).payWith(requirementsFor(fixture.payTo), {
        validBefore: String(Math.floor(Date.now() / 1_000) + 600),
      });
      const nextId = await reserve(next);
      expect(['settled', 'pending']).toContain((await settle(nextId)).outcome);
      await waitUntil(async () => {
        for (const waiting of [id, nextId]) await fixture.age(waiting);
        return (await fixture.token.balanceOf(fixture.payTo)) === before + PRICE;
      }, 15_000);
    });
  });

  describe('a process that is killed', () => {
    const killAt = async (method: string, decision: 'hang' | 'pass-then-hang') => {
      const child: ChildProcess = await fixture.spawn();
      const objects = await (
        await fixture.payer()
      ).payWith(requirementsFor(fixture.payTo), {
        validBefore: String(Math.floor(Date.now() / 1_000) + 600),
      });
      const before = await fixture.token.balanceOf(fixture.payTo);
      const requestDigest = digest();
      const id = await reserve(objects, requestDigest);
      const seen = new Promise<void>((resolve) => {
        fixture.proxy.decide = (asked) => {
          if (asked !== method) return 'pass';
          // The proxy passes the request on before the next turn of the loop lets the test kill.
          setTimeout(resolve, 150);
          return decision;
        };
      });
      const answer = settle(id).catch((error: unknown) => error);
      await seen;
      await killed(child);
      fixture.proxy.decide = () => 'pass';
      void answer;
      return { id, objects, before, requestDigest };
    };

    it('between storing and sending: the next process sends the stored bytes', async () => {
      const { id, objects, before, requestDigest } = await killAt('eth_sendRawTransaction', 'hang');
      expect(await fixture.state(id)).toBe('settling');
      expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before);
      const signed = fixture.signer.transactions.length;
      const next = await fixture.spawn();
      await expectOneCharge(id, before);
      expect(fixture.signer.transactions.length).toBe(signed);
      expect(
        await fixture.gateway.call('payment-verifier', 'authorize', { ...objects, requestDigest }),
      ).toMatchObject({ outcome: 'settled', reservationId: id });
      await killed(next);
    });

    it('between sending and marking: the next process finds the transfer', async () => {
      const { id, before } = await killAt('eth_sendRawTransaction', 'pass-then-hang');
      expect(await fixture.state(id)).toBe('settling');
      expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
      const next = await fixture.spawn();
      await expectOneCharge(id, before);
      await killed(next);
    });

    it('before signing: the next process settles without being asked', async () => {
      const { id, before } = await killAt('eth_call', 'hang');
      expect(await fixture.state(id)).toBe('reserved');
      const next = await fixture.spawn();
      await expectOneCharge(id, before);
      await killed(next);
    });
  });

  it('two replicas give one reservation and make one transfer each', async () => {
    const [first, second] = [await fixture.spawn(), await fixture.spawn()];
    const payers = [];
    for (let count = 0; count < 6; count += 1) payers.push(await fixture.payer());
    const before = await fixture.token.balanceOf(fixture.payTo);
    const signed = fixture.signer.transactions.length;
    await Promise.all(
      payers.map(async (payer) => {
        const objects = await payer.payWith(requirementsFor(fixture.payTo), {
          validBefore: String(Math.floor(Date.now() / 1_000) + 600),
        });
        const requestDigest = digest();
        const claims = await Promise.all(
          Array.from({ length: 4 }, () =>
            fixture.gateway.call('payment-verifier', 'authorize', { ...objects, requestDigest }),
          ),
        );
        const winners = claims.filter(({ outcome }) => outcome === 'reserved');
        expect(winners).toHaveLength(1);
        const { reservationId } = winners[0] as { reservationId: string };
        const results = await Promise.all(Array.from({ length: 4 }, () => settle(reservationId)));
        expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['settled']));
        expect(await eventsOf(reservationId)).toHaveLength(1);
      }),
    );
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + 6n * PRICE);
    expect(fixture.signer.transactions.length).toBe(signed + 6);
    await Promise.all([killed(first), killed(second)]);
  });
});

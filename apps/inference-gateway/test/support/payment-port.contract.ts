import { beforeEach, describe, expect, it } from '@jest/globals';
import type { PaymentPayload, PaymentPort, PaymentRequirements } from '../../src/domain/payment/payment.js';

/** A port with the means to bring it into the states that the contract speaks of. */
export interface PaymentPortUnderTest {
  readonly port: PaymentPort;
  readonly requirements: PaymentRequirements;
  /** A payment for them with a nonce of its own. */
  payment(): Promise<PaymentPayload>;
  /** Lets the leases of open reservations run out. */
  expireLeases(): void;
  /** Keeps settlements from being signed, or lets them. */
  refuseSettlements(refused: boolean): void;
}

/** What payments that nobody signed are for. */
export const requirements: PaymentRequirements = {
  scheme: 'exact',
  network: 'eip155:8453',
  asset: `0x${'83'.repeat(20)}`,
  amount: '10000',
  payTo: `0x${'22'.repeat(20)}`,
  maxTimeoutSeconds: 120,
  extra: { name: 'USD Coin', version: '2' },
};
let payments = 0;

/** A payment that nobody signed. */
export async function unsignedPayment(): Promise<PaymentPayload> {
  payments += 1;
  return {
    x402Version: 2,
    accepted: { ...requirements },
    payload: {
      signature: `0x${'11'.repeat(65)}`,
      authorization: {
        from: `0x${'AB'.repeat(20)}`,
        to: requirements.payTo,
        value: requirements.amount,
        validAfter: '0',
        validBefore: '9999999999',
        nonce: `0x${payments.toString(16).padStart(64, '0')}`,
      },
    },
  };
}

const digest = 'd'.repeat(64);

/** What every {@link PaymentPort} has to do; the paid way of a request relies on each of these. */
export function describePaymentPort(name: string, make: () => Promise<PaymentPortUnderTest>): void {
  describe(name, () => {
    let under: PaymentPortUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    const reserve = async (sent: PaymentPayload, request = digest) => {
      const outcome = await under.port.authorize(sent, under.requirements, request);
      if (outcome.outcome !== 'reserved') throw new Error(`expected reserved, got ${outcome.outcome}`);
      return outcome;
    };

    it('reserves a payment and names it in lower-case hex', async () => {
      const sent = await under.payment();
      const { reservationId, payment: reserved } = await reserve(sent);
      expect(reservationId).toMatch(/^[0-9a-f-]{36}$/);
      const { network, asset, payTo, amount } = under.requirements;
      const { from, nonce } = sent.payload.authorization;
      expect(reserved).toEqual({
        ...{ network, amount, nonce: nonce.slice(2).toLowerCase() },
        ...{ asset: asset.toLowerCase(), payTo: payTo.toLowerCase(), payer: from.toLowerCase() },
      });
    });

    it('gives one of several at the same time the reservation, the others are in flight', async () => {
      const sent = await under.payment();
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, () => under.port.authorize(sent, under.requirements, digest)),
      );
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
        ...Array(4).fill('in-flight'),
        'reserved',
      ]);
    });

    it('never gives a payment to another request', async () => {
      const sent = await under.payment();
      const { reservationId } = await reserve(sent);
      expect(await under.port.authorize(sent, under.requirements, 'e'.repeat(64))).toEqual({
        outcome: 'bound-to-other-request',
      });
      await under.port.release(reservationId, 'inference-failed');
      expect(await under.port.authorize(sent, under.requirements, 'e'.repeat(64))).toEqual({
        outcome: 'bound-to-other-request',
      });
    });

    it('gives a released or expired reservation again under the same id', async () => {
      const sent = await under.payment();
      const first = await reserve(sent);
      await under.port.release(first.reservationId, 'inference-failed');
      const second = await reserve(sent);
      under.expireLeases();
      const third = await reserve(sent);
      expect([second.reservationId, third.reservationId]).toEqual([first.reservationId, first.reservationId]);
    });

    it('settles once and answers settled with the same settlement from then on', async () => {
      const sent = await under.payment();
      const { reservationId, payment: reserved } = await reserve(sent);
      const first = await under.port.settle(reservationId);
      const second = await under.port.settle(reservationId);
      if (first.outcome !== 'settled') throw new Error(first.outcome);
      expect(first.settlement).toMatchObject({ success: true });
      expect(second).toEqual(first);
      expect(await under.port.authorize(sent, under.requirements, digest)).toEqual({
        outcome: 'settled',
        reservationId,
        payment: reserved,
        settlement: first.settlement,
        guessed: false,
      });
    });

    it('owes what it was asked to settle: nobody gives it back, and its request goes on with it', async () => {
      under.refuseSettlements(true);
      const sent = await under.payment();
      const { reservationId } = await reserve(sent);
      expect(await under.port.settle(reservationId)).toMatchObject({ outcome: 'unsent' });
      await under.port.release(reservationId, 'inference-failed');
      expect((await reserve(sent)).reservationId).toBe(reservationId);
      expect(await under.port.authorize(sent, under.requirements, 'e'.repeat(64))).toEqual({
        outcome: 'bound-to-other-request',
      });
      under.refuseSettlements(false);
      expect(await under.port.settle(reservationId)).toMatchObject({ outcome: 'settled' });
    });

    it('settles what was given back when an answer is there after all', async () => {
      const { reservationId } = await reserve(await under.payment());
      await under.port.release(reservationId, 'internal');
      expect(await under.port.settle(reservationId)).toMatchObject({ outcome: 'settled' });
    });

    it('tells five other requests that a payment is not theirs, and the sixth nothing', async () => {
      const sent = await under.payment();
      const { reservationId } = await reserve(sent);
      await under.port.settle(reservationId);
      for (let other = 1; other <= 5; other += 1)
        expect(await under.port.authorize(sent, under.requirements, `${other}`.repeat(64))).toEqual({
          outcome: 'bound-to-other-request',
        });
      await expect(under.port.authorize(sent, under.requirements, 'e'.repeat(64))).rejects.toMatchObject({
        code: 'rate-limited',
      });
      expect(await under.port.authorize(sent, under.requirements, digest)).toMatchObject({
        outcome: 'settled',
        guessed: true,
      });
    });
  });
}

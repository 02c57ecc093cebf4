import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import type { TestService } from '@touchstone/testing/service';
import type { Hex } from 'viem';
import {
  SIGNATURE_QUESTIONS_PER_PAYER_MAX,
  SIGNATURE_QUESTIONS_RUNNING_MAX,
} from '../src/domain/check-signature.js';
import { digest, PaymentFixture } from './support/payment-fixture.js';
import { Payer, PRICE, requirementsFor, type X402Objects } from './support/payer.js';

/** Run-time code that takes every signature (ERC-1271). */
const TRUSTING_WALLET = `0x7f${'1626ba7e'.padEnd(64, '0')}60005260206000f3`;
const PAYMENTS_MAX = 2;

let fixture: PaymentFixture;
let service: TestService;
beforeAll(async () => {
  fixture = await PaymentFixture.create();
  service = await fixture.start({
    TOUCHSTONE_CONTRACT_PAYMENTS_PER_MINUTE_MAX: String(PAYMENTS_MAX),
    // The questions that hang must do so until a busy machine has sent the others.
    TOUCHSTONE_EVM_RPC_TIMEOUT_MS: '5000',
  });
}, 60_000);
afterAll(() => fixture.close());

const verify = async (objects: X402Objects) => {
  const response = await service.post('/verify', objects);
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
};
const authorize = (objects: X402Objects, requestDigest = digest()) =>
  fixture.gateway.call('payment-verifier', 'authorize', { ...objects, requestDigest });

/** A payment with a signature that somebody else made. */
const garbage = async (payer = new Payer()): Promise<X402Objects> => {
  const objects = await payer.pay(requirementsFor(fixture.payTo));
  (objects.paymentPayload['payload'] as { signature: Hex }).signature = `0x${'01'.repeat(65)}`;
  return objects;
};

describe('signatures that nobody made', () => {
  it('cost one payer as many questions as named, and then none', async () => {
    const payer = new Payer();
    fixture.proxy.methods.length = 0;
    // The questions of a minute come back with time, so it stands still.
    const { nowMs } = fixture.clock;
    const now = nowMs();
    fixture.clock.nowMs = () => now;
    for (let count = 0; count < SIGNATURE_QUESTIONS_PER_PAYER_MAX; count += 1)
      expect(await verify(await garbage(payer))).toMatchObject({ status: 200, body: { isValid: false } });
    const asked = fixture.proxy.methods.filter((method) => method === 'eth_getCode').length;
    expect(asked).toBe(SIGNATURE_QUESTIONS_PER_PAYER_MAX);
    const refused = await verify(await garbage(payer));
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate-limited', retryable: true } });
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    await expect(authorize(await garbage(payer))).rejects.toMatchObject({ code: 'rate-limited' });
    expect(fixture.proxy.methods.filter((method) => method === 'eth_getCode')).toHaveLength(asked);
    fixture.clock.nowMs = nowMs;
    // The same payer's own signature is recovered here, so it is not among them.
    await fixture.token.mint(payer.address, PRICE);
    expect(await verify(await payer.pay(requirementsFor(fixture.payTo)))).toMatchObject({
      status: 200,
      body: { isValid: true },
    });
  });

  it('in a flood do not stop a plain account: it reserves and settles meanwhile', async () => {
    const honest = await fixture.payer();
    const payment = await honest.pay(requirementsFor(fixture.payTo));
    const before = await fixture.token.balanceOf(fixture.payTo);
    const flood = await Promise.all(
      Array.from({ length: 2 * SIGNATURE_QUESTIONS_RUNNING_MAX }, () => garbage()),
    );
    // The node is slow about the first of them, so that as many questions run as may.
    let held = 0;
    fixture.proxy.decide = (method) => {
      if (method !== 'eth_getCode' || held >= SIGNATURE_QUESTIONS_RUNNING_MAX) return 'pass';
      held += 1;
      return 'hang';
    };
    const running = flood.slice(0, SIGNATURE_QUESTIONS_RUNNING_MAX).map(verify);
    await waitUntil(() => held === SIGNATURE_QUESTIONS_RUNNING_MAX, 5_000, 'the questions');
    const refused = await Promise.all(flood.slice(SIGNATURE_QUESTIONS_RUNNING_MAX).map(verify));
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 429));
    const reserved = await authorize(payment);
    if (reserved.outcome !== 'reserved') throw new Error(JSON.stringify(reserved));
    const { reservationId } = reserved;
    expect(await fixture.gateway.call('payment-verifier', 'settle', { reservationId })).toMatchObject({
      outcome: 'settled',
    });
    expect(await fixture.token.balanceOf(fixture.payTo)).toBe(before + PRICE);
    // Their questions stayed without an answer; then others may be asked.
    expect(new Set((await Promise.all(running)).map(({ status }) => status))).toEqual(new Set([503]));
    expect((await verify(await garbage())).status).toBe(200);
  });
});

describe('payments of a contract wallet', () => {
  const walletOf = async (): Promise<Payer> => {
    const payer = await fixture.payer();
    await fixture.token.rpc('anvil_setCode', [payer.address, TRUSTING_WALLET]);
    return payer;
  };
  const paymentOf = async (payer: Payer): Promise<X402Objects> => {
    const objects = await payer.pay(requirementsFor(fixture.payTo));
    (objects.paymentPayload['payload'] as { signature: Hex }).signature = '0x010203';
    return objects;
  };

  it('are as many in a minute as the operator allows; repeating one is none', async () => {
    const wallet = await walletOf();
    const first = { objects: await paymentOf(wallet), digest: digest() };
    expect(await authorize(first.objects, first.digest)).toMatchObject({ outcome: 'reserved' });
    for (let count = 1; count < PAYMENTS_MAX; count += 1)
      expect(await authorize(await paymentOf(wallet))).toMatchObject({ outcome: 'reserved' });
    const rows = await fixture.countReservations();
    await expect(authorize(await paymentOf(wallet))).rejects.toMatchObject({ code: 'rate-limited' });
    expect(await fixture.countReservations()).toBe(rows);
    expect(await authorize(first.objects, first.digest)).toMatchObject({ outcome: 'in-flight' });
    expect(await authorize(await paymentOf(await walletOf()))).toMatchObject({ outcome: 'reserved' });
    // Asking whether a payment would settle reserves nothing and is none.
    expect(await verify(await paymentOf(wallet))).toMatchObject({ status: 200, body: { isValid: true } });
    fixture.clock.aheadMs += 60_000;
    expect(await authorize(await paymentOf(wallet))).toMatchObject({ outcome: 'reserved' });
  });

  it('of a plain account are not counted', async () => {
    const payer = await fixture.payer();
    for (let count = 0; count <= PAYMENTS_MAX; count += 1)
      expect(await authorize(await payer.pay(requirementsFor(fixture.payTo)))).toMatchObject({
        outcome: 'reserved',
      });
  });
});

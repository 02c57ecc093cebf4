import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { samplePayment } from '../../test/support/sample-payment.js';
import {
  CheckSignature,
  QUESTIONED_PAYERS_MAX,
  SIGNATURE_QUESTIONS_PER_MINUTE_MAX,
  SIGNATURE_QUESTIONS_PER_PAYER_MAX,
  SIGNATURE_QUESTIONS_RUNNING_MAX,
} from './check-signature.js';
import { CONTRACT_PAYMENTS_PER_MINUTE_MAX } from './contract-payments.js';
import type { Payment } from './payment.js';
import type { Reservation } from './reservation.js';

const MINUTE_MS = 60_000;
const payerOf = (number: number): string => `0x${number.toString(16).padStart(40, '0')}`;

describe('checking signatures', () => {
  let nowMs: number;
  let questions: number;
  let limited: number;
  /** What the chain says of payers that are not plain accounts. */
  let answer: (payment: Payment) => Promise<boolean>;
  let accounts: Set<string>;
  let known: Partial<Reservation> | undefined;
  let checks: CheckSignature;
  beforeEach(() => {
    nowMs = 1_000_000;
    questions = 0;
    limited = 0;
    answer = () => Promise.resolve(false);
    accounts = new Set();
    known = undefined;
    checks = new CheckSignature({
      chain: {
        recoversToPayer: ({ payer }) => accounts.has(payer),
        isSignedByContract: (signed) => {
          questions += 1;
          return answer(signed as Payment);
        },
      },
      store: { findByKey: () => Promise.resolve(known as Reservation | undefined) },
      metrics: { payment: (state) => void (limited += Number(state === 'limited')) },
      nowMs: () => nowMs,
      contractPaymentsPerMinuteMax: CONTRACT_PAYMENTS_PER_MINUTE_MAX,
    });
  });

  const by = (payer: string): Payment => samplePayment({ payer });
  /** Checks that many signatures one after the other, and counts those that were not refused. */
  const check = async (payers: readonly string[]): Promise<number> => {
    let done = 0;
    for (const payer of payers)
      await checks.signedBy(by(payer)).then(
        () => (done += 1),
        (error: unknown) => expectLimited(error),
      );
    return done;
  };
  const same = (payer: string, count: number): string[] => Array.from({ length: count }, () => payer);
  const others = (count: number, first = 1): string[] =>
    Array.from({ length: count }, (_, index) => payerOf(first + index));

  function expectLimited(error: unknown): AppError {
    expect(error).toBeInstanceOf(AppError);
    const { code, retryAfterSeconds, message } = error as AppError;
    expect([code, message.includes('Nothing was charged')]).toEqual(['rate-limited', true]);
    expect(retryAfterSeconds).toBeGreaterThan(0);
    return error as AppError;
  }

  it('tells accounts, contracts and others apart', async () => {
    accounts.add(payerOf(1));
    answer = ({ payer }) => Promise.resolve(payer === payerOf(2));
    const signatories = await Promise.all([1, 2, 3].map((number) => checks.signedBy(by(payerOf(number)))));
    expect(signatories).toEqual(['account', 'contract', 'nobody']);
    expect(await Promise.all([1, 2, 3].map((number) => checks.admit(by(payerOf(number)))))).toEqual([
      true,
      true,
      false,
    ]);
    expect(limited).toBe(0);
  });

  it('asks about one payer as often as named, once more only when time has passed', async () => {
    expect(await check(same(payerOf(1), SIGNATURE_QUESTIONS_PER_PAYER_MAX + 1))).toBe(
      SIGNATURE_QUESTIONS_PER_PAYER_MAX,
    );
    expect([questions, limited]).toEqual([SIGNATURE_QUESTIONS_PER_PAYER_MAX, 1]);
    const { retryAfterSeconds = 0 } = await checks
      .signedBy(by(payerOf(1)))
      .then(() => new AppError('internal', 'expected a refusal'), expectLimited);
    nowMs += retryAfterSeconds * 1_000;
    expect(await check(same(payerOf(1), 1))).toBe(1);
    // Others are asked about meanwhile.
    expect(await check([payerOf(2)])).toBe(1);
  });

  it('asks in all as often as named', async () => {
    expect(await check(others(SIGNATURE_QUESTIONS_PER_MINUTE_MAX + 1))).toBe(
      SIGNATURE_QUESTIONS_PER_MINUTE_MAX,
    );
    nowMs += MINUTE_MS / SIGNATURE_QUESTIONS_PER_MINUTE_MAX;
    expect(await check(others(2, 50_000))).toBe(1);
  });

  it('asks as many questions at the same time as named', async () => {
    const open: (() => void)[] = [];
    answer = () => new Promise((resolve) => open.push(() => resolve(false)));
    const running = others(SIGNATURE_QUESTIONS_RUNNING_MAX).map((payer) => checks.signedBy(by(payer)));
    expectLimited(await checks.signedBy(by(payerOf(900))).catch((error: unknown) => error));
    open.shift()?.();
    await running[0];
    running.push(checks.signedBy(by(payerOf(901))));
    expect(open).toHaveLength(SIGNATURE_QUESTIONS_RUNNING_MAX);
    for (const end of open) end();
    expect(await Promise.all(running)).toHaveLength(SIGNATURE_QUESTIONS_RUNNING_MAX + 1);
  });

  it('frees its place when the node does not answer', async () => {
    answer = () => Promise.reject(new AppError('dependency-unavailable', 'The node is down.'));
    for (const payer of others(SIGNATURE_QUESTIONS_RUNNING_MAX + 1))
      await expect(checks.signedBy(by(payer))).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  it('lets plain accounts pay through a flood of garbage', async () => {
    accounts.add(payerOf(7));
    answer = () => new Promise(() => undefined);
    for (const payer of others(SIGNATURE_QUESTIONS_RUNNING_MAX, 100)) void checks.signedBy(by(payer));
    answer = () => Promise.resolve(false);
    for (let round = 0; round < SIGNATURE_QUESTIONS_PER_MINUTE_MAX + 100; round += 1) {
      await checks.signedBy(by(payerOf(1_000 + round))).catch(expectLimited);
      expect(await checks.admit(by(payerOf(7)))).toBe(true);
    }
  });

  it('counts as many payers as named, and forgets the one that was asked about longest ago', async () => {
    // Time passes, so that only the payers' own counts matter; a payer's is full again after a minute.
    const stepMs = MINUTE_MS / SIGNATURE_QUESTIONS_PER_MINUTE_MAX;
    const ask = async (payer: string) => {
      nowMs += stepMs;
      return check([payer]);
    };
    for (const payer of others(QUESTIONED_PAYERS_MAX)) await ask(payer);
    const { ofPayer } = checks as unknown as { ofPayer: ReadonlyMap<string, unknown> };
    expect([ofPayer.size, ofPayer.has(payerOf(1))]).toEqual([QUESTIONED_PAYERS_MAX, true]);
    await ask(payerOf(QUESTIONED_PAYERS_MAX + 1));
    expect([ofPayer.size, ofPayer.has(payerOf(1)), ofPayer.has(payerOf(2))]).toEqual([
      QUESTIONED_PAYERS_MAX,
      false,
      true,
    ]);
  });

  describe('of contract wallets that pay', () => {
    const wallet = payerOf(5);
    beforeEach(() => {
      answer = () => Promise.resolve(true);
    });
    const pay = (payment = by(wallet)) => checks.admit(payment);

    it('takes as many payments of one wallet in a minute as named', async () => {
      const first = by(wallet);
      expect(await pay(first)).toBe(true);
      nowMs += 1_000;
      for (let count = 1; count < CONTRACT_PAYMENTS_PER_MINUTE_MAX; count += 1)
        expect(await pay()).toBe(true);
      const refused = expectLimited(await pay().catch((error: unknown) => error));
      expect(refused.retryAfterSeconds).toBe((MINUTE_MS - 1_000) / 1_000);
      expect(await pay(first)).toBe(true);
      expect(await pay(by(payerOf(6)))).toBe(true);
      nowMs += MINUTE_MS - 1_000;
      expect(await pay()).toBe(true);
      expectLimited(await pay().catch((error: unknown) => error));
    });

    it('lets a wallet collect what it paid for, however much it pays', async () => {
      for (let count = 0; count < CONTRACT_PAYMENTS_PER_MINUTE_MAX; count += 1) await pay();
      known = { verified: true };
      expect(await pay()).toBe(true);
      known = { verified: false };
      expectLimited(await pay().catch((error: unknown) => error));
    });

    it('counts no payment that is only verified', async () => {
      for (let count = 0; count < CONTRACT_PAYMENTS_PER_MINUTE_MAX; count += 1)
        expect(await checks.signedBy(by(wallet))).toBe('contract');
      expect(await pay()).toBe(true);
    });

    it('counts no payment of a plain account', async () => {
      accounts.add(wallet);
      for (let count = 0; count <= CONTRACT_PAYMENTS_PER_MINUTE_MAX; count += 1)
        expect(await pay()).toBe(true);
    });

    it('takes two copies of a payment at the same time for one', async () => {
      for (let count = 1; count < CONTRACT_PAYMENTS_PER_MINUTE_MAX; count += 1) await pay();
      const last = by(wallet);
      expect(await Promise.all([pay(last), pay(last), pay(last)])).toEqual([true, true, true]);
      const racing = await Promise.allSettled([pay(), pay()]);
      expect(racing.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    });
  });
});

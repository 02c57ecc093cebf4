import { describe, expect, it } from '@jest/globals';
import { samplePayment } from '../../../test/support/sample-payment.js';
import type { TransferCall } from './settlement-session.js';
import {
  VALIDITY_LEFT_SECONDS,
  VERIFIED_TRANSFER_MS,
  VERIFIED_TRANSFERS_MAX,
  VerifiedTransfers,
} from './verified-transfers.js';

const call = { functionName: 'transferWithAuthorization' } as unknown as TransferCall;

describe('transfers that were verified moments ago', () => {
  const payment = samplePayment();
  const start = Number(payment.validBefore - VALIDITY_LEFT_SECONDS) * 1_000 - VERIFIED_TRANSFER_MS;

  it.each([
    [VERIFIED_TRANSFER_MS - 1, call],
    [VERIFIED_TRANSFER_MS, undefined],
  ])('are settled without a second verification after %d ms: %j', (ageMs, expected) => {
    let now = start;
    const transfers = new VerifiedTransfers(() => now);
    transfers.remember(payment, call);
    now += ageMs;
    expect(transfers.has(payment)).toBe(expected !== undefined);
    expect(transfers.take(payment)).toBe(expected);
  });

  it('are taken once', () => {
    const transfers = new VerifiedTransfers(() => start);
    transfers.remember(payment, call);
    expect(transfers.has(payment)).toBe(true);
    expect([transfers.take(payment), transfers.take(payment)]).toEqual([call, undefined]);
    expect(transfers.has(payment)).toBe(false);
  });

  it.each([
    [0, call],
    [1_000, undefined],
  ])(
    'are verified again when less than VALIDITY_LEFT_SECONDS are left (%d ms late): %j',
    (late, expected) => {
      const now = Number(payment.validBefore - VALIDITY_LEFT_SECONDS) * 1_000 + late;
      const transfers = new VerifiedTransfers(() => now);
      transfers.remember(payment, call);
      expect(transfers.take(payment)).toBe(expected);
    },
  );

  it('are verified again for other requirements or another signature', () => {
    const transfers = new VerifiedTransfers(() => start);
    const { requirements } = payment;
    const others = [
      { ...payment, authorizationDigest: 'ff'.repeat(32) },
      { ...payment, requirements: { ...requirements, amount: '1' } },
      { ...payment, requirements: { ...requirements, payTo: `0x${'12'.repeat(20)}` } },
    ];
    for (const other of others) {
      transfers.remember(payment, call);
      expect(transfers.take(other)).toBeUndefined();
    }
  });

  it('are VERIFIED_TRANSFERS_MAX at most, and the oldest makes room for one more', () => {
    const transfers = new VerifiedTransfers(() => start);
    const payments = Array.from({ length: VERIFIED_TRANSFERS_MAX + 1 }, (_, index) => ({
      ...payment,
      authorizationDigest: index.toString(16).padStart(64, '0'),
    }));
    for (const one of payments.slice(0, -1)) transfers.remember(one, call);
    expect(transfers.take(payments[0] ?? payment)).toBe(call);
    for (const one of payments) transfers.remember(one, call);
    expect(transfers.take(payments[0] ?? payment)).toBeUndefined();
    expect(transfers.take(payments[1] ?? payment)).toBe(call);
  });
});

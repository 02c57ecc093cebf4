import { describe, expect, it } from '@jest/globals';
import { MemoryReservationStore } from '../../test/support/memory-reservation-store.js';
import { samplePayment } from '../../test/support/sample-payment.js';
import { LEASE_DEFAULT_SECONDS } from '../config.js';
import { RenewLease } from './renew-lease.js';
import { decideClaim } from './reservation.js';

const LEASE_MS = LEASE_DEFAULT_SECONDS * 1_000;
const START_MS = 1_800_000_000_000;

describe('a renewed lease', () => {
  it('holds the payment until LEASE_DEFAULT_SECONDS after the renewal, and not a moment longer', async () => {
    const store = new MemoryReservationStore();
    const requestDigest = 'aa'.repeat(32);
    const leaseUntilMs = START_MS + LEASE_MS;
    const draft = { id: 'one', payment: samplePayment(), requestDigest, leaseUntilMs };
    await store.claim({ ...draft, nowMs: START_MS, fromBlock: 1n }, () => ({ kind: 'take' }));
    await store.confirm('one', leaseUntilMs, START_MS);
    const renewedAtMs = leaseUntilMs - 1;
    expect(await new RenewLease(store, LEASE_MS, () => renewedAtMs).renew('one')).toBe(true);
    const reservation = (await store.find('one'))!;
    const claimAt = (nowMs: number) => decideClaim(reservation, { requestDigest, nowMs }).kind;
    expect(claimAt(renewedAtMs + LEASE_MS - 1)).toBe('in-flight');
    expect(claimAt(renewedAtMs + LEASE_MS)).toBe('take');
  });
});

import { describe, expect, it } from '@jest/globals';
import { decideClaim, isTerminal, type Reservation, type ReservationState } from './reservation.js';

const NOW_MS = 1_000_000;
const OWN = 'aa'.repeat(32);
const OTHER = 'bb'.repeat(32);

const reservation = (change: Partial<Reservation>): Reservation => ({
  id: '0198f1f0-0000-7000-8000-000000000000',
  network: 'eip155:8453',
  asset: `0x${'83'.repeat(20)}`,
  payer: `0x${'11'.repeat(20)}`,
  nonce: '22'.repeat(32),
  requestDigest: OWN,
  authorizationDigest: 'cc'.repeat(32),
  payTo: `0x${'33'.repeat(20)}`,
  amount: 1n,
  validBefore: 2n,
  state: 'reserved',
  verified: true,
  leaseUntilMs: NOW_MS + 1_500,
  fromBlock: 0n,
  transaction: null,
  settlement: null,
  reason: null,
  updatedAtMs: 0,
  authorization: null,
  transfer: null,
  owedAtMs: null,
  recheckAtMs: null,
  otherRequests: 0,
  ...change,
});
const decide = (change: Partial<Reservation>, requestDigest = OWN) =>
  decideClaim(reservation(change), { requestDigest, nowMs: NOW_MS });

describe('what a request gets for a payment that is known', () => {
  it('holds back a second copy for the rest of the lease, at most two seconds at a time', () => {
    expect(decide({})).toEqual({ kind: 'in-flight', retryAfterSeconds: 2 });
    expect(decide({ leaseUntilMs: NOW_MS + 1 })).toEqual({ kind: 'in-flight', retryAfterSeconds: 1 });
    expect(decide({ leaseUntilMs: NOW_MS + 60_000 })).toEqual({ kind: 'in-flight', retryAfterSeconds: 2 });
    expect(decide({ state: 'settling', transaction: '0x1' })).toEqual({
      kind: 'in-flight',
      retryAfterSeconds: 2,
    });
  });

  it('goes on with a payment for which nothing was signed, though a wrong clock called it over', () => {
    expect(decide({ state: 'settling', transaction: null })).toEqual({ kind: 'take' });
    expect(decide({ state: 'settling', transaction: null }, OTHER)).toEqual({ kind: 'bound' });
  });

  it('lets the same request take over when the lease is over or was given back', () => {
    expect(decide({ leaseUntilMs: NOW_MS })).toEqual({ kind: 'take' });
    expect(decide({ state: 'released' })).toEqual({ kind: 'take' });
  });

  it('answers what is closed with its end', () => {
    expect(decide({ state: 'settled' })).toEqual({ kind: 'settled' });
    expect(decide({ state: 'failed', reason: 'authorization_canceled' })).toEqual({
      kind: 'dead',
      reason: 'authorization_canceled',
    });
  });

  it.each(['reserved', 'released', 'settling', 'settled', 'failed'] as ReservationState[])(
    'never gives a payment in %s to another request, however old it is',
    (state) => {
      expect(decide({ state, leaseUntilMs: 0 }, OTHER)).toEqual({ kind: 'bound' });
      expect(decide({ state }, OTHER)).toEqual({ kind: 'bound' });
    },
  );

  it('gives a payment that never verified to whoever comes after its lease, and to nobody before', () => {
    const unverified = { verified: false };
    expect(decide(unverified)).toMatchObject({ kind: 'in-flight' });
    expect(decide(unverified, OTHER)).toEqual({ kind: 'bound' });
    expect(decide({ ...unverified, leaseUntilMs: NOW_MS }, OTHER)).toEqual({ kind: 'take' });
  });

  it('goes on at once with a payment that is owed, for its own request alone', () => {
    expect(decide({ owedAtMs: 1 })).toEqual({ kind: 'owed' });
    expect(decide({ owedAtMs: 1, leaseUntilMs: 0 })).toEqual({ kind: 'owed' });
    expect(decide({ owedAtMs: 1 }, OTHER)).toEqual({ kind: 'bound' });
    expect(decide({ owedAtMs: 1, state: 'settling' })).toMatchObject({ kind: 'in-flight' });
  });

  it('knows the ends', () => {
    const states: ReservationState[] = ['reserved', 'released', 'settling', 'settled', 'failed'];
    expect(states.filter(isTerminal)).toEqual(['settled', 'failed']);
  });
});

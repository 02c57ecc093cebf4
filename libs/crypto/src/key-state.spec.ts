import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkEvidenceTime,
  CLOCK_SKEW_MAX_MS,
  keyState,
  parseUtcTime,
  RETIREMENT_MS,
  type Key,
} from './index.js';

const FROM = 1_000_000_000_000;
const TO = FROM + 90 * 86_400_000;
const END = TO + RETIREMENT_MS;

const key: Key = {
  kid: 'a',
  alg: 'Ed25519',
  use: 'checkpoint',
  publicKey: new Uint8Array(32),
  status: 'active',
  notBefore: FROM,
  notAfter: TO,
};

describe('key state', () => {
  it('retires seven days after the last signature', () => {
    expect(RETIREMENT_MS).toBe(604_800_000);
  });

  it.each([
    ['not_before', key, FROM, ['pending', 'active', 'active']],
    ['not_after', key, TO, ['active', 'active', 'retiring']],
    ['not_after + 7 days', key, END, ['retiring', 'retiring', 'retired']],
    ['retired_at', { ...key, retiredAt: TO + 5_000 }, TO + 5_000, ['retiring', 'retired', 'retired']],
    ['retired_at = not_after', { ...key, retiredAt: TO }, TO, ['active', 'active', 'retired']],
    [
      'retired_at behind the seven days',
      { ...key, retiredAt: END + 9 },
      END,
      ['retiring', 'retiring', 'retired'],
    ],
    [
      'revoked_at while pending',
      { ...key, revokedAt: FROM - 9 },
      FROM - 9,
      ['pending', 'revoked', 'revoked'],
    ],
    ['revoked_at while active', { ...key, revokedAt: FROM + 9 }, FROM + 9, ['active', 'revoked', 'revoked']],
    ['revoked_at while retiring', { ...key, revokedAt: TO + 9 }, TO + 9, ['retiring', 'revoked', 'revoked']],
    ['revoked_at while retired', { ...key, revokedAt: END + 9 }, END + 9, ['retired', 'revoked', 'revoked']],
  ] as const)('one millisecond before, at and after %s', (_name, subject, at, states) => {
    expect([at - 1, at, at + 1].map((now) => keyState(subject, now))).toEqual(states);
  });

  it('never goes back', () => {
    const order = ['pending', 'active', 'retiring', 'retired', 'revoked'];
    const offset = fc.integer({ min: -100, max: 100 }).map((days) => days * 86_400_000);
    fc.assert(
      fc.property(offset, offset, offset, offset, (retired, revoked, first, second) => {
        const subject = { ...key, retiredAt: TO + Math.abs(retired), revokedAt: TO + revoked };
        const [early, late] = first < second ? [first, second] : [second, first];
        const before = order.indexOf(keyState(subject, TO + early));
        expect(order.indexOf(keyState(subject, TO + late))).toBeGreaterThanOrEqual(before);
      }),
    );
  });
});

describe('evidence times (R-BATCH)', () => {
  const revoked = { ...key, revokedAt: TO + 50, compromisedSince: FROM + 50 };
  const declared = (t: number) => ({ declaredTime: t, trustedTime: t, now: t });
  const trusted = (t: number) => ({ declaredTime: FROM, trustedTime: t, now: t });

  it.each([
    ['t at not_before', key, FROM, declared, ['declared-before-not-before', 'ok', 'ok']],
    ['t at not_after', key, TO, declared, ['ok', 'ok', 'declared-after-not-after']],
    ['T at not_after + 7 days', key, END, trusted, ['ok', 'ok', 'trusted-time-after-retirement']],
    [
      't at now + 300 s',
      key,
      FROM + CLOCK_SKEW_MAX_MS,
      (t: number) => ({ declaredTime: t, trustedTime: FROM, now: FROM }),
      ['ok', 'ok', 'declared-in-the-future'],
    ],
    [
      'T at compromised_since',
      revoked,
      FROM + 50,
      trusted,
      ['ok', 'trusted-time-after-compromise', 'trusted-time-after-compromise'],
    ],
  ] as const)('one millisecond before, at and after %s', (_name, subject, at, times, found) => {
    expect([at - 1, at, at + 1].map((t) => checkEvidenceTime({ key: subject, ...times(t) }))).toEqual(found);
  });

  it('lets T alone decide about a stolen key, whatever time the thief declares', () => {
    const times = { declaredTime: FROM, trustedTime: FROM + 60, now: TO };
    expect(checkEvidenceTime({ key: revoked, ...times })).toBe('trusted-time-after-compromise');
  });

  it('leaves nothing standing when a revocation does not say since when', () => {
    const subject = { ...key, revokedAt: TO };
    expect(checkEvidenceTime({ key: subject, ...declared(FROM) })).toBe('trusted-time-after-compromise');
  });

  it('leaves a T before t to a remark, so that another source of time invalidates nothing', () => {
    expect(CLOCK_SKEW_MAX_MS).toBe(300_000);
    expect(checkEvidenceTime({ key, declaredTime: FROM, trustedTime: 0, now: FROM })).toBe('ok');
  });
});

describe('UTC times', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2025-10-29T12:00:00Z', 1_761_739_200_000],
    ['2025-10-29T12:00:00.5Z', 1_761_739_200_500],
    ['2025-10-29T12:00:00.123Z', 1_761_739_200_123],
    ['2024-02-29T23:59:59.999Z', 1_709_251_199_999],
  ])('reads %s', (text, time) => {
    expect(parseUtcTime(text)).toBe(time);
  });

  it.each([
    '2025-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-00-01T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T23:60:00Z',
    '2016-12-31T23:59:60Z',
    '2025-01-01T00:00:00+00:00',
    '2025-01-01T00:00:00',
    '2025-01-01t00:00:00z',
    '2025-01-01 00:00:00Z',
    '2025-01-01T00:00:00.1234Z',
    '2025-01-01T00:00:00.Z',
    '2025-01-01T00:00Z',
    ' 2025-01-01T00:00:00Z',
    '2025-01-01T00:00:00Z\n',
    '20251029T120000Z',
    '',
  ])('refuses %j', (text) => {
    expect(parseUtcTime(text)).toBeUndefined();
  });
});

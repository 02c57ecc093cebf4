import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseUtcTime } from './utc-time.js';

describe('parseUtcTime', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01T00:00:00.5Z', 500],
    ['1970-01-01T00:00:00.123456Z', 123],
    ['1969-12-31T23:59:59.999999Z', -1],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['0000-01-01T00:00:00Z', Date.parse('0000-01-01T00:00:00.000Z')],
  ])('reads %s', (text, timeMs) => {
    expect(parseUtcTime(text)).toBe(timeMs);
  });

  it.each([
    '',
    '2026-01-02',
    '2026-01-02T03:04Z',
    '2026-01-02T03:04:05',
    '2026-01-02T03:04:05z',
    '2026-01-02 03:04:05Z',
    '2026-01-02T03:04:05.Z',
    '2026-01-02T03:04:05.1234567Z',
    '2026-01-02T03:04:05+00:00',
    '2026-01-02T03:04:05Z\n',
    '2023-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-02T24:00:00Z',
    '2026-01-02T03:60:00Z',
    '2016-12-31T23:59:60Z',
    '+012026-01-02T03:04:05Z',
  ])('refuses %p', (text) => {
    expect(parseUtcTime(text)).toBeUndefined();
  });

  it('reads back every time of the years 0 to 9999', () => {
    const from = Date.parse('0000-01-01T00:00:00.000Z');
    const to = Date.parse('9999-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), (timeMs) => {
        expect(parseUtcTime(new Date(timeMs).toISOString())).toBe(timeMs);
      }),
    );
  });
});

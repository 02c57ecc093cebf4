import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { readRfc3339, readUtcTime, statedUtcTime, TIME_FRACTION_DIGITS_MAX } from './times.js';

const NOON_MS = Date.UTC(2026, 0, 2, 12);
const MINUTE_MS = 60_000;
const fractionOf = (digits: number) => `2026-01-02T12:00:00.${'9'.repeat(digits)}Z`;

const taken: [text: string, timeMs: number][] = [
  ['1970-01-01T00:00:00Z', 0],
  ['1970-01-01T00:00:00.5Z', 500],
  ['1970-01-01T00:00:00.123456Z', 123],
  ['1969-12-31T23:59:59.999999Z', -1],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['2026-01-02T12:00:00+00:00', NOON_MS],
  ['2026-01-02T12:00:00-00:00', NOON_MS],
  ['2026-01-02T14:00:00+02:00', NOON_MS],
  ['2026-01-02T17:30:00+05:30', NOON_MS],
  ['2026-01-01T12:01:00-23:59', NOON_MS],
  ['2026-01-03T11:59:00+23:59', NOON_MS],
  ['2026-01-02t12:00:00z', NOON_MS],
  ['2026-01-02T12:00:00.1234567Z', NOON_MS + 123],
  ['2026-01-02T12:00:00.123456789+00:00', NOON_MS + 123],
  ['2026-01-02T12:00:00.0009Z', NOON_MS],
  [fractionOf(TIME_FRACTION_DIGITS_MAX), NOON_MS + 999],
  ['0002-01-01T00:00:00+23:59', Date.parse('0001-12-31T00:01:00.000Z')],
  ['9998-12-31T23:59:59-23:59', Date.parse('9999-01-01T23:58:59.000Z')],
];

const refused = [
  '',
  '2026-01-02',
  '2026-01-02T03:04Z',
  '2026-01-02 03:04:05Z',
  '2026-01-02T03:04:05.Z',
  '2026-01-02T03:04:05,5Z',
  fractionOf(TIME_FRACTION_DIGITS_MAX + 1),
  '2026-01-02T03:04:05+24:00',
  '2026-01-02T03:04:05+00:60',
  '2026-01-02T03:04:05+0000',
  '2026-01-02T03:04:05+00',
  '2026-01-02T03:04:05Z+00:00',
  '2026-01-02T03:04:05 Z',
  '2026-01-02T03:04:05Z\n',
  ' 2026-01-02T03:04:05Z',
  '٢٠٢٦-01-02T03:04:05Z',
  '2023-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-01-00T00:00:00Z',
  '2026-01-02T24:00:00Z',
  '2026-01-02T03:60:00Z',
  '2016-12-31T23:59:60Z',
  '+012026-01-02T03:04:05Z',
  '0000-12-31T23:59:59Z',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
];

describe('a time that a caller sends', () => {
  it.each(taken)('%s is read', (text, timeMs) => {
    expect(readRfc3339(text)).toBe(timeMs);
    expect(readUtcTime(text)).toBe(timeMs);
    expect(statedUtcTime.safeParse(text).success).toBe(true);
  });

  it.each(refused)('%j is refused', (text) => {
    expect(readRfc3339(text)).toBeUndefined();
    expect(readUtcTime(text)).toBeUndefined();
    expect(statedUtcTime.safeParse(text).success).toBe(false);
  });

  it('without an offset is one in UTC, where the name of its member says so', () => {
    const text = '2026-01-02T12:00:00.123456';
    expect(readUtcTime(text)).toBe(NOON_MS + 123);
    expect(statedUtcTime.safeParse(text).success).toBe(true);
    expect(readRfc3339(text)).toBeUndefined();
  });

  it('of the first and last year that four digits name is read, and not taken for a time that has to exist', () => {
    for (const text of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z']) {
      expect(readRfc3339(text)).toBe(Date.parse(text));
      expect(statedUtcTime.safeParse(text).success).toBe(false);
    }
  });

  it('means the same moment in every spelling', () => {
    const moments = fc.integer({
      min: Date.parse('0002-01-02T00:00:00.000Z'),
      max: Date.parse('9998-12-30T00:00:00.000Z'),
    });
    const spelling = fc.record({
      offsetMinutes: fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 }),
      more: fc.stringMatching(new RegExp(`^[0-9]{0,${TIME_FRACTION_DIGITS_MAX - 3}}$`)),
      isLower: fc.boolean(),
    });
    fc.assert(
      fc.property(moments, spelling, (timeMs, { offsetMinutes, more, isLower }) => {
        const local = new Date(timeMs + offsetMinutes * MINUTE_MS).toISOString().slice(0, -1);
        const size = Math.abs(offsetMinutes);
        const two = (count: number) => String(count).padStart(2, '0');
        const offset = `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        const written = `${local}${more}${offset}`;
        const text = isLower ? written.toLowerCase() : written;
        expect(statedUtcTime.safeParse(text).success).toBe(true);
        expect(readUtcTime(text)).toBe(timeMs);
        expect(readUtcTime(`${new Date(timeMs).toISOString().slice(0, -1)}${more}`)).toBe(timeMs);
      }),
    );
  });

  it('can be read wherever the pattern of the OpenAPI document takes it', () => {
    const { pattern } = z.toJSONSchema(statedUtcTime);
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(pattern as string)), (text) => {
        expect(readUtcTime(text)).toEqual(expect.any(Number));
      }),
    );
  });
});

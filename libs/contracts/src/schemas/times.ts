import { z } from 'zod';

/** Digits of the fraction of a second in a time that a caller sends; those after the third are cut, not rounded. */
export const TIME_FRACTION_DIGITS_MAX = 18;

const FRACTION = String.raw`\.[0-9]{1,${TIME_FRACTION_DIGITS_MAX}}`;
const OFFSET = '[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]';
const SHAPE = new RegExp(
  `^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(${FRACTION})?(?:[Zz]|(${OFFSET}))$`,
);
const HAS_OFFSET = new RegExp(`(?:[Zz]|${OFFSET})$`);
/** ISO 8601 counts a year 0; calendars of other languages, such as Python's, begin with the year 1. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads any RFC 3339 time (section 5.6): any offset, `t` and `z` in either case, a fraction of any length up to
 * {@link TIME_FRACTION_DIGITS_MAX}. A leap second (`:60`) is none here: it has no place in the count of POSIX, so that two
 * moments would become one, and clocks that keep this count never show it.
 *
 * @returns whole milliseconds since 1970-01-01T00:00:00Z, or `undefined` for another shape, for a day or hour that does not
 * exist, and where the year in UTC is not one of 0001 to 9999
 */
export function readRfc3339(text: string): number | undefined {
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const [, day, time, fraction = '.', offset] = match;
  const written = `${day}T${time}${fraction.slice(0, 4).padEnd(4, '0')}Z`;
  const writtenMs = Date.parse(written);
  // February 30 would be read as March 2; only a time that reads back as itself exists.
  if (Number.isNaN(writtenMs) || new Date(writtenMs).toISOString() !== written) return undefined;
  const timeMs = writtenMs - offsetMs(offset);
  return timeMs < EARLIEST_MS || timeMs > LATEST_MS ? undefined : timeMs;
}

/** As {@link readRfc3339}; a time without an offset, as Python writes its UTC times, is one in UTC. */
export function readUtcTime(text: string): number | undefined {
  return readRfc3339(HAS_OFFSET.test(text) ? text : `${text}Z`);
}

function offsetMs(offset: string | undefined): number {
  if (offset === undefined) return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Years 0002 to 9998: with any offset, the year in UTC is one of 0001 to 9999. */
const YEAR = '(?:000[2-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])';
const LEAP_YEAR = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)';
/** A day that exists (RFC 3339, section 5.7). */
const DAY =
  `(?:${LEAP_YEAR}-02-29|${YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|` +
  '(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8])))';

/**
 * A time in a member whose name says UTC: any RFC 3339 time of the years 0002 to 9998; without an offset it is in UTC. The
 * pattern is exact, so that what the OpenAPI document allows is taken. {@link readUtcTime} reads it.
 */
export const statedUtcTime = z
  .string()
  .regex(
    new RegExp(`^${DAY}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:${FRACTION})?(?:[Zz]|${OFFSET})?$`),
    'is no time that exists.',
  );

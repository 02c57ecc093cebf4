const SHAPE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.(\d{1,6}))?Z$/;
const SECONDS_LENGTH = 'YYYY-MM-DDTHH:MM:SS'.length;

/**
 * Milliseconds since 1970 of an RFC 3339 time in UTC with up to six decimals, which are cut to milliseconds.
 *
 * @returns `undefined` for another shape, for a day or hour that does not exist, and for a leap second, which has no
 * place in the count
 */
export function parseUtcTime(text: string): number | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const decimals = (match[1] ?? '').padEnd(3, '0').slice(0, 3);
  const normal = `${text.slice(0, SECONDS_LENGTH)}.${decimals}Z`;
  const timeMs = Date.parse(normal);
  // February 30 would be read as March 2; only a time that reads back as itself exists.
  if (Number.isNaN(timeMs) || new Date(timeMs).toISOString() !== normal) return undefined;
  return timeMs;
}

const UTC_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/**
 * Reads an RFC 3339 time in UTC, with seconds and at most three digits of their fraction. Leap seconds, 24:00 and
 * days that the calendar does not have are refused.
 *
 * @returns milliseconds since 1970-01-01T00:00:00Z, or `undefined`
 */
export function parseUtcTime(text: string): number | undefined {
  if (!UTC_TIME.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) return undefined;
  // Date.parse reads 30 February as 2 March, which a second writing shows.
  return new Date(milliseconds).toISOString().startsWith(text.slice(0, 19)) ? milliseconds : undefined;
}

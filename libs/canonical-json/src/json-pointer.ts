/**
 * Writes the JSON pointer (RFC 6901) of a location; the whole document is the empty string.
 *
 * @param segments member names and array indexes from the root
 */
export function jsonPointer(segments: readonly (string | number)[]): string {
  return segments
    .map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

const encoder = new TextEncoder();

/**
 * Compares two texts by their UTF-8 bytes, for `sort`. JavaScript's own order is that of UTF-16 code units, which puts
 * U+1F600 before U+FF5E; the protocol's orders (sections 8 and 9) are the other way round.
 *
 * @returns negative, zero or positive; the shorter of two texts that begin alike comes first
 */
export function compareUtf8(left: string, right: string): number {
  const a = encoder.encode(left);
  const b = encoder.encode(right);
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

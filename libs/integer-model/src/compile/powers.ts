const bits = new DataView(new ArrayBuffer(8));

/**
 * The exponent of the lowest bit that is set in a binary64 other than 0. Logarithms may differ in their last bit from
 * machine to machine; bits do not.
 */
export function lowestBitLog2(value: number): number {
  bits.setFloat64(0, value);
  const exponent = (bits.getUint32(0) >>> 20) & 0x7ff;
  const low = bits.getUint32(4);
  const high = (bits.getUint32(0) & 0xfffff) | (exponent === 0 ? 0 : 0x100000);
  const zeros = low !== 0 ? trailingZeros(low) : 32 + trailingZeros(high);
  return Math.max(exponent, 1) - 1023 - 52 + zeros;
}

/** The least n with value ≤ 2^n, for a finite value above 0. */
export function ceilLog2(value: number): number {
  let exponent = Math.floor(Math.log2(value));
  while (2 ** exponent < value) exponent += 1;
  while (2 ** (exponent - 1) >= value) exponent -= 1;
  return exponent;
}

/** n of a value that is 2^n; undefined of all others. */
export function exactLog2(value: number): number | undefined {
  if (!(value > 0 && value < Infinity)) return undefined;
  const exponent = lowestBitLog2(value);
  return 2 ** exponent === value ? exponent : undefined;
}

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word);

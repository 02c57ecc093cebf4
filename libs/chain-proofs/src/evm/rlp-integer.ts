import type { RlpItem } from './rlp.js';

/**
 * Reads an RLP item as an unsigned integer: big-endian without leading zeros, zero as the empty string.
 *
 * @param bytesMax largest width in bytes
 * @returns the integer, or `undefined` for a list, a leading zero or a wider value
 */
export function rlpToInteger(item: RlpItem | undefined, bytesMax: number): bigint | undefined {
  if (!(item instanceof Uint8Array) || item.length > bytesMax || item[0] === 0) return undefined;
  let value = 0n;
  for (const byte of item) value = (value << 8n) | BigInt(byte);
  return value;
}

/** Writes an unsigned integer as the byte string that RLP wants: big-endian without leading zeros. */
export function integerToRlp(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return Uint8Array.from(bytes);
}

/** Reads an RLP item as a byte string of exactly `size` bytes. */
export function rlpToBytes(item: RlpItem | undefined, size: number): Uint8Array | undefined {
  return item instanceof Uint8Array && item.length === size ? item : undefined;
}

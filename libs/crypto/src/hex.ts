import { bytesToHex as nobleBytesToHex } from '@noble/hashes/utils.js';

/** Value of a lower-case hex digit by its ASCII code, −1 where there is none. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code)),
);

/** Writes bytes as lower-case hex without a prefix, the only spelling that the protocol accepts. */
export function bytesToHex(bytes: Uint8Array): string {
  return nobleBytesToHex(bytes);
}

/**
 * Reads lower-case hex without a prefix.
 *
 * Upper case, odd length, white space and a `0x` prefix are refused, because a second spelling of the same value
 * would let an attacker present one record under two identities.
 *
 * @param length expected number of bytes; any length when omitted
 * @returns the bytes, or `undefined` when the text is not exactly that
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { hexToBytes } from '@touchstone/crypto';
 *
 * assert.deepEqual(hexToBytes('00ff'), Uint8Array.of(0, 255));
 * assert.equal(hexToBytes('00FF'), undefined);
 * assert.equal(hexToBytes('00ff', 32), undefined);
 * ```
 */
export function hexToBytes(text: string, length: number = text.length >> 1): Uint8Array | undefined {
  if (text.length !== length * 2) return undefined;
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    const high = DIGITS[text.charCodeAt(index * 2)] ?? -1;
    const low = DIGITS[text.charCodeAt(index * 2 + 1)] ?? -1;
    if ((high | low) < 0) return undefined;
    bytes[index] = (high << 4) | low;
  }
  return bytes;
}

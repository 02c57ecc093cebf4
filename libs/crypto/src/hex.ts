import { bytesToHex as nobleBytesToHex, hexToBytes as nobleHexToBytes } from '@noble/hashes/utils.js';

const LOWER_HEX = /^(?:[0-9a-f]{2})*$/;

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
 */
export function hexToBytes(text: string, length?: number): Uint8Array | undefined {
  if (!LOWER_HEX.test(text)) return undefined;
  if (length !== undefined && text.length !== length * 2) return undefined;
  return nobleHexToBytes(text);
}

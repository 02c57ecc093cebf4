const CHUNK = 0x8000;

/** Value of a base64 character by its ASCII code, −1 where there is none. */
const SEXTETS = Int8Array.from({ length: 128 }, (_, code) =>
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(String.fromCharCode(code)),
);

/** Writes bytes as padded base64 (RFC 4648 §4). */
export function bytesToBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return btoa(binary);
}

/**
 * Reads padded base64 (RFC 4648 §4). Missing padding, white space, the URL alphabet and unused bits that are not
 * zero are refused: each would be a second spelling of the same bytes.
 *
 * @returns the bytes, or `undefined` when the text is not canonical
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { base64ToBytes } from '@touchstone/crypto';
 *
 * assert.deepEqual(base64ToBytes('AP8='), Uint8Array.of(0, 255));
 * assert.equal(base64ToBytes('AP9='), undefined); // a second spelling of the same bytes
 * ```
 */
export function base64ToBytes(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  let written = 0;
  for (let index = 0; index < text.length - padding; index += 1) {
    const sextet = SEXTETS[text.charCodeAt(index)] ?? -1;
    if (sextet < 0) return undefined;
    bits = (bits << 6) | sextet;
    const place = index & 3;
    if (place === 0) continue;
    // The array keeps the lowest eight bits of what is stored.
    bytes[written] = bits >> (6 - 2 * place);
    written += 1;
  }
  const unusedBits = bits & ((1 << (2 * padding)) - 1);
  return unusedBits === 0 ? bytes : undefined;
}

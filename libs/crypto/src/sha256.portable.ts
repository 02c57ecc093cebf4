import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from './hex.js';

const encoder = new TextEncoder();

/** SHA-256 (FIPS 180-4) in plain JavaScript, for browsers. */
export function sha256(data: Uint8Array): Uint8Array {
  return nobleSha256(data);
}

/** SHA-256 of a text in UTF-8. A surrogate that stands alone is hashed as U+FFFD. */
export function sha256Text(text: string): Uint8Array {
  return nobleSha256(encoder.encode(text));
}

/** {@link sha256Text} as lower-case hex. */
export function sha256TextHex(text: string): string {
  return bytesToHex(sha256Text(text));
}

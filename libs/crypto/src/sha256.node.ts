import { hash } from 'node:crypto';

const DIGEST_BYTES = 32;

/** SHA-256 (FIPS 180-4) by OpenSSL. */
export function sha256(data: Uint8Array): Uint8Array {
  return digestOf(data);
}

/** SHA-256 of a text in UTF-8, without encoding it first. A surrogate that stands alone is hashed as U+FFFD. */
export function sha256Text(text: string): Uint8Array {
  return digestOf(text);
}

/** {@link sha256Text} as lower-case hex. */
export function sha256TextHex(text: string): string {
  return hash('sha256', text, 'hex');
}

/**
 * The digest is fetched as a binary string and copied, because that costs a third of what a digest in a Buffer of
 * its own costs, and Merkle trees ask for hundreds of thousands of them.
 */
function digestOf(data: Uint8Array | string): Uint8Array {
  const binary = hash('sha256', data, 'binary');
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let index = 0; index < DIGEST_BYTES; index += 1) digest[index] = binary.charCodeAt(index);
  return digest;
}

import { createHash } from 'node:crypto';

/** SHA-256 (FIPS 180-4) by OpenSSL. */
export function sha256(data: Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest();
}

import { randomBytes } from 'node:crypto';
import type { Randomness } from '../../domain/ports.js';

/** Randomness of the operating system. */
export class SystemRandomness implements Randomness {
  nonce(): string {
    return randomBytes(16).toString('hex');
  }

  token(): string {
    return randomBytes(32).toString('base64url');
  }
}

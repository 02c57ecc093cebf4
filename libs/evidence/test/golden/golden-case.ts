import { bytesToHex } from '@touchstone/crypto';

/** One vector: what the rule gets. The expected answer is recorded from the code and then kept. */
export interface GoldenCase {
  readonly name: string;
  readonly input: unknown;
  /**
   * Implementations that refuse by design what the rule takes, with their reason. Any other difference between two
   * implementations is a fault of one of them.
   */
  readonly refusedBy?: Readonly<Record<string, string>>;
}

/** Another hash: the last digit changed. */
export const flipLast = (hex: string): string => hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0');

/** The twin of a signature, `n − s`, which verifies by the curve and is refused by the protocol. */
export function highS(compact: Uint8Array): string {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const text = bytesToHex(compact);
  return text.slice(0, 64) + (order - BigInt(`0x${text.slice(64)}`)).toString(16).padStart(64, '0');
}

import { bn254 } from '@noble/curves/bn254.js';
import { decimalOf, itemsOf, lengthOf, readValue } from './untrusted-value.js';
import type { Reading } from './verdict.js';

/** Order r of the scalar field of BN254 (EIP-196): public signals are numbers below it, and −v is r − v. */
export const FIELD_ORDER = bn254.fields.Fr.ORDER;

/**
 * Reads public signals from a JSON value: decimal texts below r, as many as the key has.
 *
 * @returns the signals; else `signals-malformed`, `signal-count` or `signal-not-canonical`
 */
export function readPublicSignals(value: unknown, count: number): Reading<readonly bigint[]> {
  const length = readValue(() => lengthOf(value));
  if (length === undefined) return { ok: false, code: 'signals-malformed' };
  if (length !== count) return { ok: false, code: 'signal-count' };
  const signals = readValue(() =>
    itemsOf(value, count).map((signal) => BigInt(decimalOf(signal, FIELD_ORDER))),
  );
  return signals === undefined ? { ok: false, code: 'signal-not-canonical' } : { ok: true, value: signals };
}

import { hexToBytes } from '@noble/hashes/utils.js';

/** Bytes of a compact ECDSA signature: r and s, 32 bytes each, big-endian. */
export const COMPACT_SIGNATURE_BYTES = 64;

const SCALAR_BYTES = 32;
const ZERO = new Uint8Array(SCALAR_BYTES);
/** Order n of the secp256k1 group (SEC 2, section 2.4.1). */
const ORDER = hexToBytes('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
/** The largest s that counts as low: (n - 1) / 2. */
const HALF_ORDER = hexToBytes('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');

/** Whether r and s of a compact signature both lie in 1…n−1 (SEC 1, section 4.1.4, step 1). */
export function hasScalarsInRange(compact: Uint8Array): boolean {
  return inRange(compact.subarray(0, SCALAR_BYTES)) && inRange(compact.subarray(SCALAR_BYTES));
}

/** Whether s of a compact signature lies in the upper half, which makes it the malleated twin of a low-S one. */
export function isHighS(compact: Uint8Array): boolean {
  return compare(compact.subarray(SCALAR_BYTES), HALF_ORDER) > 0;
}

/**
 * Brings a signature of a hardware module or key service into the low-S form by replacing s with n − s where s is
 * high. Such back ends return either twin at random, and evidence accepts one only (protocol section 2).
 *
 * @param compact r and s, 64 bytes
 * @returns a new array, or `undefined` when r or s lies outside 1…n−1 or the length is another one
 */
export function normalizeLowS(compact: Uint8Array): Uint8Array | undefined {
  if (compact.length !== COMPACT_SIGNATURE_BYTES || !hasScalarsInRange(compact)) return undefined;
  const normalized = Uint8Array.from(compact);
  if (isHighS(compact)) normalized.set(subtract(ORDER, compact.subarray(SCALAR_BYTES)), SCALAR_BYTES);
  return normalized;
}

/**
 * A digest modulo n, as RFC 6979 (section 2.3.4, bits2octets) wants it before the nonce is derived. libsecp256k1
 * leaves that step out, which shows for the one digest in 2^128 that is not below n.
 *
 * @param digest 32 bytes
 */
export function reduceDigest(digest: Uint8Array): Uint8Array {
  return compare(digest, ORDER) < 0 ? digest : subtract(digest, ORDER);
}

function inRange(value: Uint8Array): boolean {
  return compare(value, ZERO) > 0 && compare(value, ORDER) < 0;
}

function compare(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < SCALAR_BYTES; index += 1) {
    const difference = Number(left[index]) - Number(right[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** left − right, for left ≥ right. */
function subtract(left: Uint8Array, right: Uint8Array): Uint8Array {
  const difference = new Uint8Array(SCALAR_BYTES);
  let borrow = 0;
  for (let index = SCALAR_BYTES - 1; index >= 0; index -= 1) {
    const digit = Number(left[index]) - Number(right[index]) - borrow;
    borrow = digit < 0 ? 1 : 0;
    difference[index] = digit & 0xff;
  }
  return difference;
}

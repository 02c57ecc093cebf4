import { hexToBytes } from '@noble/hashes/utils.js';

/** Bytes of an encoded point, a scalar and a seed. */
export const ED25519_ELEMENT_BYTES = 32;
/** Bytes of a signature: R and S. */
export const ED25519_SIGNATURE_BYTES = 64;

/** Group order L = 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 8032, section 5.1). */
const ORDER = hexToBytes('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
/** Field prime p = 2^255 − 19, little-endian. */
const PRIME = hexToBytes('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
/** The two values of y whose x is zero: 1 and p − 1. */
const Y_WITHOUT_X = [
  hexToBytes('0100000000000000000000000000000000000000000000000000000000000000'),
  hexToBytes('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'),
];
const SIGN_BIT = 0x80;

/** Whether a scalar of 32 little-endian bytes is below the group order, so that S has one encoding only. */
export function isCanonicalScalar(scalar: Uint8Array): boolean {
  return isBelow(scalar, ORDER);
}

/**
 * Whether 32 bytes are the one canonical encoding of a point, if they are a point at all: y below p, and no sign
 * where x is zero (RFC 8032, section 5.1.3, steps 1 and 4).
 */
export function isCanonicalPoint(point: Uint8Array): boolean {
  const last = Number(point[ED25519_ELEMENT_BYTES - 1]);
  if (last < SIGN_BIT) return isBelow(point, PRIME);
  const y = new Uint8Array(point);
  y[ED25519_ELEMENT_BYTES - 1] = last - SIGN_BIT;
  return isBelow(y, PRIME) && !Y_WITHOUT_X.some((value) => value.every((byte, index) => byte === y[index]));
}

/** Whether 32 bytes are the encoding of the identity, y = 1. */
export function isIdentity(point: Uint8Array): boolean {
  return point[0] === 1 && point.every((byte, index) => byte === 0 || index === 0);
}

function isBelow(value: Uint8Array, bound: Uint8Array): boolean {
  for (let index = ED25519_ELEMENT_BYTES - 1; index >= 0; index -= 1) {
    const difference = Number(value[index]) - Number(bound[index]);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

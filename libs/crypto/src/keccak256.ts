import { keccak_256 } from '@noble/hashes/sha3.js';

/**
 * Keccak-256 with the original padding, as Ethereum uses it; not SHA3-256 of FIPS 202.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { bytesToHex, keccak256 } from '@touchstone/crypto';
 *
 * const selector = keccak256(new TextEncoder().encode('transfer(address,uint256)')).subarray(0, 4);
 * assert.equal(bytesToHex(selector), 'a9059cbb');
 * ```
 */
export function keccak256(data: Uint8Array): Uint8Array {
  return keccak_256(data);
}

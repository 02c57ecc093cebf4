import { keccak_256 } from '@noble/hashes/sha3.js';

/** Storage slot of `AnchorRegistry.records`; fixed by the protocol, section 7. */
const RECORDS_SLOT = 0;

/** Hashes two ABI words; shorter values are padded on the left, as `abi.encode` does with an address. */
function hashWords(first: Uint8Array, second: Uint8Array): Uint8Array {
  const words = new Uint8Array(64);
  words.set(first, 32 - first.length);
  words.set(second, 64 - second.length);
  return keccak_256(words);
}

/**
 * Key of a record: `keccak256(abi.encode(submitter, commitment))`.
 *
 * @param submitter address, 20 bytes
 * @param commitment 32 bytes
 */
export function anchorKey(submitter: Uint8Array, commitment: Uint8Array): Uint8Array {
  return hashWords(submitter, commitment);
}

/**
 * Storage slot of a record in `AnchorRegistry`, which `eth_getProof` takes: `keccak256(abi.encode(key, uint256(0)))`.
 *
 * @param submitter address, 20 bytes
 * @param commitment 32 bytes
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { anchorStorageSlot } from '@touchstone/chain-proofs';
 * import { bytesToHex } from '@touchstone/crypto';
 *
 * const slot = anchorStorageSlot(new Uint8Array(20).fill(1), new Uint8Array(32).fill(2));
 * assert.equal(bytesToHex(slot), '3ef3c1bf71d51e5e80245418c5a653686c1e5cf4bfc39b5850e2c205ed4cd505');
 * ```
 */
export function anchorStorageSlot(submitter: Uint8Array, commitment: Uint8Array): Uint8Array {
  return hashWords(anchorKey(submitter, commitment), Uint8Array.of(RECORDS_SLOT));
}

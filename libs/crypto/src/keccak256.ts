import { keccak_256 } from '@noble/hashes/sha3.js';

/** Keccak-256 with the original padding, as Ethereum uses it; not SHA3-256 of FIPS 202. */
export function keccak256(data: Uint8Array): Uint8Array {
  return keccak_256(data);
}

import { sha256Text } from '@touchstone/crypto';

const SHA256_HEX = /^[0-9a-f]{64}$/;
/** Bytes of `bind`: the most that are below r whatever they are. */
const BIND_BYTES = 31;
const NO_REQUEST = '0'.repeat(64);

/**
 * The public signal that ties a proof to one signed answer and one request (protocol, section 11): the first 31 bytes, big-endian, of
 * SHA-256 of `touchstone.zk.bind.v1|<digest>|<requestDigest>`.
 *
 * @param digest of the output proof (section 2), lower-case hex
 * @param requestDigest of the paid request (section 10), lower-case hex; left out where there is none
 * @throws RangeError for a digest of another form
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { bindOf } from '@touchstone/groth16';
 *
 * const digest = 'ab'.repeat(32);
 * assert.notEqual(bindOf(digest), bindOf(digest, 'cd'.repeat(32)));
 * assert.equal(bindOf(digest), bindOf(digest, '00'.repeat(32)));
 * assert(bindOf(digest) < 2n ** 248n);
 * ```
 */
export function bindOf(digest: string, requestDigest: string = NO_REQUEST): bigint {
  for (const hex of [digest, requestDigest])
    if (!SHA256_HEX.test(hex)) throw new RangeError('A digest must be 64 lower-case hex characters.');
  const hash = sha256Text(`touchstone.zk.bind.v1|${digest}|${requestDigest}`);
  return hash.subarray(0, BIND_BYTES).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

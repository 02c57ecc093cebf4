import { canonicalJson } from '@touchstone/canonical-json';
import { sha256TextHex } from '@touchstone/crypto';
import type { VerificationKey } from './verification-key.js';

const SHA256_HEX = /^[0-9a-f]{64}$/;

/**
 * The name under which a trust file lists a key together with the circuit it is for (protocol, section 11): SHA-256 of the canonical
 * JSON of the key's members and `descriptor`.
 *
 * @param key as `readVerificationKey` gave it
 * @param descriptorHash SHA-256 of the canonical JSON of the circuit descriptor, lower-case hex
 * @returns lower-case hex
 * @throws RangeError for a descriptor hash of another form
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { readVerificationKey, vkDigest } from '@touchstone/groth16';
 *
 * const { vk, descriptor, vkDigest: digest } = JSON.parse(readFileSync('libs/groth16/vectors/cube.json', 'utf8'));
 * const reading = readVerificationKey(vk);
 * assert(reading.ok);
 * assert.equal(vkDigest(reading.value, descriptor), digest);
 * ```
 */
export function vkDigest(key: VerificationKey, descriptorHash: string): string {
  if (!SHA256_HEX.test(descriptorHash))
    throw new RangeError('The descriptor hash must be 64 lower-case hex characters.');
  const { protocol, curve, nPublic, vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC } = key;
  return sha256TextHex(
    canonicalJson({
      ...{ protocol, curve, nPublic, vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC },
      descriptor: descriptorHash,
    }),
  );
}

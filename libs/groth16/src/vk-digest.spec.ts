import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type CircuitVector, circuits, readVector } from '../test/vectors.js';
import { readVerificationKey, type VerificationKey, vkDigest } from './index.js';

function keyOf(value: unknown): VerificationKey {
  const reading = readVerificationKey(value);
  if (!reading.ok) throw new Error(reading.code);
  return reading.value;
}

describe('the digest of a key', () => {
  it.each(circuits)('is that of the vector %s', (name) => {
    const { vk, descriptor, vkDigest: digest } = readVector<CircuitVector>(name);
    expect(vkDigest(keyOf(vk), descriptor)).toBe(digest);
  });

  it('is SHA-256 of the sorted members with the descriptor, without white space', () => {
    const { vk, descriptor } = readVector<CircuitVector>('product');
    const sorted = Object.fromEntries(
      Object.entries({ ...vk, descriptor }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    expect(Object.keys(sorted)[0]).toBe('IC');
    const text = JSON.stringify(sorted);
    expect(vkDigest(keyOf(vk), descriptor)).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('changes with the descriptor and with every member that may differ', () => {
    const { vk, descriptor } = readVector<CircuitVector>('cube');
    const key = keyOf(vk);
    const { vk_beta_2, vk_gamma_2, vk_delta_2, vk_alpha_1, IC } = key;
    const digests = [
      vkDigest(key, descriptor),
      vkDigest(key, 'a'.repeat(64)),
      vkDigest({ ...key, vk_alpha_1: [vk_alpha_1[1], vk_alpha_1[0]] }, descriptor),
      vkDigest({ ...key, vk_beta_2: vk_gamma_2 }, descriptor),
      vkDigest({ ...key, vk_gamma_2: vk_delta_2 }, descriptor),
      vkDigest({ ...key, vk_delta_2: vk_beta_2 }, descriptor),
      vkDigest({ ...key, IC: IC.slice(1) }, descriptor),
      vkDigest({ ...key, nPublic: 3 }, descriptor),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it.each(['', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}\n`])(
    'takes no descriptor %j',
    (descriptor) => {
      const { vk } = readVector<CircuitVector>('product');
      expect(() => vkDigest(keyOf(vk), descriptor)).toThrow(RangeError);
    },
  );
});

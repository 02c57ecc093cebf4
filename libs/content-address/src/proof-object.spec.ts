import { describe, expect, it } from '@jest/globals';
import type { ZkProof } from '@touchstone/contracts/circuit';
import fc from 'fast-check';
import { proofObject } from './proof-object.js';
import { CHUNK_BYTES, unixFsCid } from './unixfs-cid.js';

const g1: [string, string] = ['1', '2'];
const proofOf = (publicSignals: string[]): ZkProof => ({
  vk: {
    ...{ protocol: 'groth16', curve: 'bn128', nPublic: publicSignals.length, IC: [g1, g1] },
    ...{ vk_alpha_1: g1, vk_beta_2: [g1, g1], vk_gamma_2: [g1, g1], vk_delta_2: [g1, g1] },
  },
  proof: { pi_a: g1, pi_b: [g1, g1], pi_c: g1 },
  publicSignals,
  descriptor: {
    ...{ version: 1, compiler: 'a/1', modelHash: 'ab'.repeat(32), activations: [], post: [], constraints: 1 },
    inputs: [{ name: 'x', datatype: 'UINT8', shape: [1], scaleLog2: [0], zeroPoint: 0 }],
    outputs: [{ name: 'y', datatype: 'INT32', shape: [1], scaleLog2: 0 }],
  },
});

/** The same value with the members of every object the other way round. */
const turned = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, turned(member)]),
  );
};

describe('the object of a proof', () => {
  it('is the same when it is read and made again, in whatever order its members stand', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 254n }), { maxLength: 40 }), (signals) => {
        const zk = proofOf(signals.map(String));
        const object = proofObject(zk);
        expect(JSON.parse(new TextDecoder().decode(object.bytes))).toEqual(zk);
        expect(unixFsCid(object.bytes)).toBe(object.cid);
        expect(proofObject(turned(zk) as ZkProof)).toEqual(object);
        expect(proofObject(proofOf([...signals.map(String), '0'])).cid).not.toBe(object.cid);
      }),
    );
  });

  it('may be larger than a block', () => {
    const { cid, bytes } = proofObject(proofOf(Array(4_096).fill('9'.repeat(77)) as string[]));
    expect(bytes.length).toBeGreaterThan(CHUNK_BYTES);
    expect(cid).toMatch(/^bafybei/);
  });
});

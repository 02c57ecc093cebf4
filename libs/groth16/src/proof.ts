import { g1TextOf, type G1Text, g2TextOf, type G2Text } from './affine-text.js';
import { membersOf, readValue } from './untrusted-value.js';
import type { Reading } from './verdict.js';

/** A Groth16 proof on BN254 as evidence carries it; the names are those of snarkjs. */
export interface Groth16Proof {
  readonly pi_a: G1Text;
  readonly pi_b: G2Text;
  readonly pi_c: G1Text;
}

/**
 * Reads a proof from a JSON value: closed members, canonical coordinates. Its points are judged by `verifyProof`.
 *
 * @returns a copy of the proof; else `proof-malformed`
 */
export function readProof(value: unknown): Reading<Groth16Proof> {
  const proof = readValue<Groth16Proof>(() => {
    const { pi_a, pi_b, pi_c } = membersOf(value, ['pi_a', 'pi_b', 'pi_c']);
    return { pi_a: g1TextOf(pi_a), pi_b: g2TextOf(pi_b), pi_c: g1TextOf(pi_c) };
  });
  return proof === undefined ? { ok: false, code: 'proof-malformed' } : { ok: true, value: proof };
}

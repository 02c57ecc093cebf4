import type { G1Text, G2Text } from './affine-text.js';
import { SIGNALS_MAX } from './limits.js';
import { type Groth16Proof, readProof } from './proof.js';
import { itemsOf, lengthOf, membersOf, readValue, wholeNumberOf, wordOf } from './untrusted-value.js';
import type { Reading } from './verdict.js';
import { keyMembers, readVerificationKey, type VerificationKey } from './verification-key.js';

/** A point of G1 as snarkjs writes it: [x, y, "1"]. */
type SnarkjsG1 = readonly [...G1Text, '1'];

/** A point of G2 as snarkjs writes it, its coefficients in our order: [[x0, x1], [y0, y1], ["1", "0"]]. */
type SnarkjsG2 = readonly [...G2Text, readonly ['1', '0']];

/** What `snarkjs zkey export verificationkey` writes, without `vk_alphabeta_12`, which follows from the rest. */
export interface SnarkjsVerificationKey {
  readonly protocol: 'groth16';
  readonly curve: 'bn128';
  readonly nPublic: number;
  readonly vk_alpha_1: SnarkjsG1;
  readonly vk_beta_2: SnarkjsG2;
  readonly vk_gamma_2: SnarkjsG2;
  readonly vk_delta_2: SnarkjsG2;
  readonly IC: readonly SnarkjsG1[];
}

/** What `snarkjs groth16 prove` writes. */
export interface SnarkjsProof {
  readonly pi_a: SnarkjsG1;
  readonly pi_b: SnarkjsG2;
  readonly pi_c: SnarkjsG1;
  readonly protocol: 'groth16';
  readonly curve: 'bn128';
}

/**
 * A key from the JSON value that snarkjs writes. The pairing of alpha and beta in it is dropped unread, since whoever
 * verifies computes it; it may be absent.
 *
 * @returns the key; else `key-malformed` or `key-ic-length`
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { fromSnarkjsKey, fromSnarkjsProof } from '@touchstone/groth16';
 *
 * const written = JSON.parse(readFileSync('libs/groth16/vectors/snarkjs.json', 'utf8'));
 * const { vk, proof } = JSON.parse(readFileSync('libs/groth16/vectors/cube.json', 'utf8'));
 * assert.deepEqual(fromSnarkjsKey(written.vk), { ok: true, value: vk });
 * assert.deepEqual(fromSnarkjsProof(written.proof), { ok: true, value: proof });
 * ```
 */
export function fromSnarkjsKey(value: unknown): Reading<VerificationKey> {
  const key = readValue(() => {
    const { vk_alphabeta_12: _, ...rest } = { ...(value as Record<string, unknown>) };
    const given = membersOf(rest, keyMembers);
    const pointCount = wholeNumberOf(lengthOf(given.IC), 1, SIGNALS_MAX + 1);
    return {
      ...given,
      vk_alpha_1: affineG1(given.vk_alpha_1),
      vk_beta_2: affineG2(given.vk_beta_2),
      vk_gamma_2: affineG2(given.vk_gamma_2),
      vk_delta_2: affineG2(given.vk_delta_2),
      IC: itemsOf(given.IC, pointCount).map(affineG1),
    };
  });
  return readVerificationKey(key);
}

/** The key as snarkjs reads it; its `verify` does not need `vk_alphabeta_12`. */
export function toSnarkjsKey(key: VerificationKey): SnarkjsVerificationKey {
  return {
    protocol: key.protocol,
    curve: key.curve,
    nPublic: key.nPublic,
    vk_alpha_1: projectiveG1(key.vk_alpha_1),
    vk_beta_2: projectiveG2(key.vk_beta_2),
    vk_gamma_2: projectiveG2(key.vk_gamma_2),
    vk_delta_2: projectiveG2(key.vk_delta_2),
    IC: key.IC.map(projectiveG1),
  };
}

/**
 * A proof from the JSON value that snarkjs writes.
 *
 * @returns the proof; else `proof-malformed`
 */
export function fromSnarkjsProof(value: unknown): Reading<Groth16Proof> {
  const proof = readValue(() => {
    const given = membersOf(value, ['pi_a', 'pi_b', 'pi_c', 'protocol', 'curve']);
    wordOf(given.protocol, 'groth16');
    wordOf(given.curve, 'bn128');
    return { pi_a: affineG1(given.pi_a), pi_b: affineG2(given.pi_b), pi_c: affineG1(given.pi_c) };
  });
  return readProof(proof);
}

/** The proof as snarkjs reads it. */
export function toSnarkjsProof(proof: Groth16Proof): SnarkjsProof {
  return {
    pi_a: projectiveG1(proof.pi_a),
    pi_b: projectiveG2(proof.pi_b),
    pi_c: projectiveG1(proof.pi_c),
    protocol: 'groth16',
    curve: 'bn128',
  };
}

/** Points of a third coordinate other than one (infinity has zero) have no affine form here. */
function affineG1(value: unknown): readonly unknown[] {
  const [x, y, z] = itemsOf(value, 3);
  wordOf(z, '1');
  return [x, y];
}

function affineG2(value: unknown): readonly unknown[] {
  const [x, y, z] = itemsOf(value, 3);
  const [z0, z1] = itemsOf(z, 2);
  wordOf(z0, '1');
  wordOf(z1, '0');
  return [x, y];
}

const projectiveG1 = (point: G1Text): SnarkjsG1 => [...point, '1'];

const projectiveG2 = (point: G2Text): SnarkjsG2 => [...point, ['1', '0']];

import type { Fp12 } from '@noble/curves/abstract/tower.js';
import { bn254 } from '@noble/curves/bn254.js';
import { type G1Point, g1Point, type G2Point, g2Point } from './points.js';
import type { Reading } from './verdict.js';
import { readVerificationKey, type VerificationKey } from './verification-key.js';

/** The lines of the Miller loop that depend on the point of G2 alone. */
export type PairingLines = ReturnType<typeof bn254.utils.calcPairingPrecomputes>;

/** A key that passed the gate, with what each verification needs of it. Made by {@link prepareKey} alone. */
export interface PreparedKey {
  readonly key: VerificationKey;
  /** e(alpha, beta). */
  readonly alphaBeta: Fp12;
  readonly gammaLines: PairingLines;
  readonly deltaLines: PairingLines;
  readonly ic: readonly G1Point[];
}

/**
 * Reads a key and judges it (protocol, section 11), once for all its proofs: about 0.1 s for a thousand signals.
 *
 * @param value a JSON value of the form {@link VerificationKey}, of anybody
 * @returns else `key-malformed`, `key-ic-length`, `key-point-invalid` or `key-forgeable`; never throws
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { prepareKey } from '@touchstone/groth16';
 *
 * const { vk } = JSON.parse(readFileSync('libs/groth16/vectors/cube.json', 'utf8'));
 * assert.equal(prepareKey(vk).ok, true);
 *
 * // Phase 2 of the setup left out: anybody could prove anything.
 * const unfinished = { ...vk, vk_delta_2: vk.vk_gamma_2 };
 * assert.deepEqual(prepareKey(unfinished), { ok: false, code: 'key-forgeable' });
 * ```
 */
export function prepareKey(value: unknown): Reading<PreparedKey> {
  const reading = readVerificationKey(value);
  if (!reading.ok) return reading;
  const key = reading.value;
  const alpha = g1Point(key.vk_alpha_1);
  const [beta, gamma, delta] = [key.vk_beta_2, key.vk_gamma_2, key.vk_delta_2].map(g2Point);
  const ic = key.IC.map(g1Point);
  if (!alpha || !beta || !gamma || !delta || !isWhole(ic)) return { ok: false, code: 'key-point-invalid' };
  if (isForgeable(gamma, delta)) return { ok: false, code: 'key-forgeable' };
  return {
    ok: true,
    value: {
      key,
      alphaBeta: bn254.pairing(alpha, beta),
      gammaLines: bn254.utils.calcPairingPrecomputes(gamma),
      deltaLines: bn254.utils.calcPairingPrecomputes(delta),
      ic,
    },
  };
}

const isWhole = (points: readonly (G1Point | undefined)[]): points is readonly G1Point[] =>
  !points.includes(undefined);

/**
 * With gamma = delta, (alpha, beta, −Σ signals · IC) is a proof of any statement, and delta is the generator until somebody
 * contributes to phase 2 of the setup. Gamma may be the generator: in keys of snarkjs it is.
 */
const isForgeable = (gamma: G2Point, delta: G2Point): boolean =>
  gamma.equals(delta) || delta.equals(bn254.G2.Point.BASE);

import type { Fp12 } from '@noble/curves/abstract/tower.js';
import { bn254 } from '@noble/curves/bn254.js';
import { type G2Text } from './affine-text.js';
import { type G1Point, g1Point } from './g1-point.js';
import { type PairingLines, pairingLines } from './pairing-lines.js';
import type { Reading } from './verdict.js';
import { readVerificationKey, type VerificationKey } from './verification-key.js';

const { Fp12 } = bn254.fields;
const { x } = bn254.G2.Point.BASE;
const generatorX: G2Text[0] = [`${x.c0}`, `${x.c1}`];

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
 * Reads a key and judges it (protocol, section 11), once for all its proofs: some 20 to 40 ms with one signal or a thousand.
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
  const betaLines = pairingLines(key.vk_beta_2);
  const gammaLines = pairingLines(key.vk_gamma_2);
  const deltaLines = pairingLines(key.vk_delta_2);
  const ic = key.IC.map(g1Point);
  if (!alpha || !betaLines || !gammaLines || !deltaLines || !isWhole(ic))
    return { ok: false, code: 'key-point-invalid' };
  if (isForgeable(key)) return { ok: false, code: 'key-forgeable' };
  const alphaBeta = Fp12.finalExponentiate(bn254.millerLoopBatch([[betaLines, alpha.x, alpha.y]]));
  return { ok: true, value: { key, alphaBeta, gammaLines, deltaLines, ic } };
}

const isWhole = (points: readonly (G1Point | undefined)[]): points is readonly G1Point[] =>
  !points.includes(undefined);

/**
 * With gamma = ±delta, (alpha, beta, ∓Σ signals · IC) is a proof of any statement, and delta is the generator until somebody
 * contributes to phase 2 of the setup. Gamma may be the generator: in keys of snarkjs it is. A point and its negative have one x,
 * which has one text.
 */
function isForgeable({ vk_gamma_2: [gammaX], vk_delta_2: [deltaX] }: VerificationKey): boolean {
  return `${deltaX}` === `${gammaX}` || `${deltaX}` === `${generatorX}`;
}

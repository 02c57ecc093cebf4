import { bn254 } from '@noble/curves/bn254.js';
import { type G1Point, g1Point } from './g1-point.js';
import { type PairingLines, pairingLines } from './pairing-lines.js';
import type { PreparedKey } from './prepared-key.js';
import { readProof } from './proof.js';
import { readPublicSignals } from './public-signals.js';
import { signalSum } from './signal-sum.js';
import type { Verdict } from './verdict.js';

type PairingTerm = Parameters<typeof bn254.millerLoopBatch>[0][number];

const { Fp12 } = bn254.fields;

/**
 * Judges a proof: e(A, B) = e(alpha, beta) · e(IC[0] + Σ signals · IC, gamma) · e(C, delta), by Groth, "On the Size of Pairing-based
 * Non-interactive Arguments" (ePrint 2016/260, section 3.2). Whether the key is one to be trusted is for the caller to know, by its
 * {@link vkDigest}. Who has a proof can make others of the same signals, so a proof is named by key and signals, never by a hash of
 * its bytes.
 *
 * @param prepared of `prepareKey`
 * @param publicSignals a JSON value: decimal texts below r, in the order of the circuit
 * @param proof a JSON value of the form `Groth16Proof`
 * @returns a reason of {@link groth16Failures} when it is not valid; never throws, whatever it is given for signals and proof
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { prepareKey, verifyProof } from '@touchstone/groth16';
 *
 * const { vk, publicSignals, proof } = JSON.parse(readFileSync('libs/groth16/vectors/cube.json', 'utf8'));
 * const prepared = prepareKey(vk);
 * assert(prepared.ok);
 * assert.deepEqual(verifyProof(prepared.value, publicSignals, proof), { valid: true });
 * assert.deepEqual(verifyProof(prepared.value, ['-12', '-1728'], proof), {
 *   valid: false,
 *   code: 'signal-not-canonical',
 * });
 * ```
 */
export function verifyProof(prepared: PreparedKey, publicSignals: unknown, proof: unknown): Verdict {
  const signals = readPublicSignals(publicSignals, prepared.key.nPublic);
  if (!signals.ok) return { valid: false, code: signals.code };
  const read = readProof(proof);
  if (!read.ok) return { valid: false, code: read.code };
  const a = g1Point(read.value.pi_a);
  const bLines = pairingLines(read.value.pi_b);
  const c = g1Point(read.value.pi_c);
  if (!a || !bLines || !c) return { valid: false, code: 'proof-point-invalid' };
  const product = bn254.millerLoopBatch([
    pairingTerm(bLines, a),
    ...statementTerms(prepared, signals.value),
    pairingTerm(prepared.deltaLines, c.negate()),
  ]);
  const isEqual = Fp12.eql(Fp12.finalExponentiate(product), prepared.alphaBeta);
  return isEqual ? { valid: true } : { valid: false, code: 'equation-false' };
}

function pairingTerm(lines: PairingLines, point: G1Point): PairingTerm {
  const { x, y } = point.toAffine();
  return [lines, x, y];
}

/** e(−Σ, gamma), which is one and has no Miller loop where the sum is zero. */
function statementTerms(prepared: PreparedKey, signals: readonly bigint[]): PairingTerm[] {
  const sum = signalSum(prepared.ic, signals);
  return sum.is0() ? [] : [pairingTerm(prepared.gammaLines, sum.negate())];
}

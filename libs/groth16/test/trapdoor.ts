import { bn254 } from '@noble/curves/bn254.js';
import type { G1Text, G2Text, Groth16Proof, VerificationKey } from '../src/index.js';
import type { G1Point } from '../src/g1-point.js';

type G2Point = typeof bn254.G2.Point.BASE;

const { Fr } = bn254.fields;
const alpha = 11n;
const beta = 13n;
const gamma = 17n;
const delta = 19n;

export const g1 = (factor: bigint): G1Point => bn254.G1.Point.BASE.multiplyUnsafe(Fr.create(factor));
export const g2 = (factor: bigint): G2Point => bn254.G2.Point.BASE.multiplyUnsafe(Fr.create(factor));

export function g1Text(point: G1Point): G1Text {
  const { x, y } = point.toAffine();
  return [`${x}`, `${y}`];
}

export function g2Text(point: G2Point): G2Text {
  const { x, y } = point.toAffine();
  return [
    [`${x.c0}`, `${x.c1}`],
    [`${y.c0}`, `${y.c1}`],
  ];
}

/** A key whose secrets are known, and which therefore proves anything: for the places that no honest circuit leads to. */
export function trapdoorKey(icFactors: readonly bigint[]): VerificationKey {
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: icFactors.length - 1,
    vk_alpha_1: g1Text(g1(alpha)),
    vk_beta_2: g2Text(g2(beta)),
    vk_gamma_2: g2Text(g2(gamma)),
    vk_delta_2: g2Text(g2(delta)),
    IC: icFactors.map((factor) => g1Text(g1(factor))),
  };
}

/** The proof of any signals under {@link trapdoorKey}: C is solved from the equation. */
export function trapdoorProof(icFactors: readonly bigint[], signals: readonly bigint[]): Groth16Proof {
  const [a, b] = [23n, 29n];
  const statement = [1n, ...signals].reduce(
    (sum, signal, index) => sum + signal * (icFactors[index] ?? 0n),
    0n,
  );
  const c = Fr.div(Fr.create(a * b - alpha * beta - statement * gamma), delta);
  return { pi_a: g1Text(g1(a)), pi_b: g2Text(g2(b)), pi_c: g1Text(g1(c)) };
}

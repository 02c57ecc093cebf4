import type { WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js';
import { bn254 } from '@noble/curves/bn254.js';
import type { G1Text } from './affine-text.js';

export type G1Point = WeierstrassPoint<bigint>;

const { Point } = bn254.G1;
const { Fp } = bn254.fields;

/**
 * The point of G1 with these coordinates. Every point of the curve is in G1, whose cofactor is one.
 *
 * @returns undefined for (0, 0), which stands for infinity, and for what is not on the curve y² = x³ + 3
 */
export function g1Point([xText, yText]: G1Text): G1Point | undefined {
  const x = BigInt(xText);
  const y = BigInt(yText);
  const right = Fp.add(Fp.mul(Fp.sqr(x), x), Point.CURVE().b);
  return Fp.eql(Fp.sqr(y), right) ? Point.fromAffine({ x, y }) : undefined;
}

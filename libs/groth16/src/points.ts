import type { Fp2 } from '@noble/curves/abstract/tower.js';
import type { WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js';
import { bn254 } from '@noble/curves/bn254.js';
import type { G1Text, G2Text } from './affine-text.js';
import { isInG2 } from './g2-subgroup.js';

export type G1Point = WeierstrassPoint<bigint>;
export type G2Point = WeierstrassPoint<Fp2>;

const { G1, G2 } = bn254;
const { Fp, Fp2 } = bn254.fields;

/**
 * The point of G1 with these coordinates. Every point of the curve is in G1, whose cofactor is one.
 *
 * @returns undefined for (0, 0), which stands for infinity, and for what is not on the curve y² = x³ + 3
 */
export function g1Point([xText, yText]: G1Text): G1Point | undefined {
  const x = BigInt(xText);
  const y = BigInt(yText);
  const right = Fp.add(Fp.mul(Fp.sqr(x), x), G1.Point.CURVE().b);
  // A point with y = 0 has order two, which no point of G1 or G2 has; the point class throws at it.
  return y !== 0n && Fp.eql(Fp.sqr(y), right) ? G1.Point.fromAffine({ x, y }) : undefined;
}

/**
 * The point of G2 with these coordinates.
 *
 * @returns undefined for zero coordinates, which stand for infinity, for what is not on the twist y² = x³ + 3 / (9 + u), and for
 *   points of the twist outside the subgroup of order r: a pairing with those has no meaning that a proof could rest on
 */
export function g2Point([xText, yText]: G2Text): G2Point | undefined {
  const x = quadratic(xText);
  const y = quadratic(yText);
  const right = Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.Point.CURVE().b);
  if (Fp2.is0(y) || !Fp2.eql(Fp2.sqr(y), right)) return undefined;
  const point = G2.Point.fromAffine({ x, y });
  return isInG2(point) ? point : undefined;
}

const quadratic = ([c0, c1]: G1Text): Fp2 => Fp2.fromBigTuple([BigInt(c0), BigInt(c1)]);

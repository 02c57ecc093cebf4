import { blsBasic, type BlsPostPrecomputeFn } from '@noble/curves/abstract/bls.js';
import { type Fp2 as Fp2Element, psiFrobenius } from '@noble/curves/abstract/tower.js';
import type { WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js';
import { bn254 } from '@noble/curves/bn254.js';
import type { G2Text } from './affine-text.js';

/** The lines of the Miller loop for a point of G2: all that a pairing needs of it. */
export type PairingLines = ReturnType<typeof bn254.utils.calcPairingPrecomputes>;

const { G1, G2, fields, params } = bn254;
const { Fp, Fp2 } = fields;
const { psi } = psiFrobenius(Fp, Fp2, Fp2.NONRESIDUE);

/** Whether the last loop of {@link millerLoop} ended as it does for points of G2. */
let isLastInG2 = false;

/**
 * Ends the loop for Q as bn254 does, and looks at where it ends: at R = [6x+2]Q + ψ(Q) − ψ²(Q), which is −ψ³(Q) for points of G2,
 * since r divides 6x + 2 + q − q² + q³ (Vercauteren, "Optimal pairings", ePrint 2008/096). For no other point of the twist it is, so
 * that this is a test of membership that costs nothing beside the loop. An addition that the formulas do not cover (of a point of
 * small order to itself) leaves Z = 0 until the end.
 */
const endLoop: BlsPostPrecomputeFn = (Rx, Ry, Rz, Qx, Qy, addTo) => {
  const [x1, y1] = psi(Qx, Qy);
  const [x2, y2] = psi(x1, y1);
  const [x3, y3] = psi(x2, y2);
  const sum = addTo(Rx, Ry, Rz, x1, y1);
  const end = addTo(sum.Rx, sum.Ry, sum.Rz, x2, Fp2.neg(y2));
  const isSameX = Fp2.eql(end.Rx, Fp2.mul(x3, end.Rz));
  const isOppositeY = Fp2.eql(end.Ry, Fp2.neg(Fp2.mul(y3, end.Rz)));
  isLastInG2 = !Fp2.is0(end.Rz) && isSameX && isOppositeY;
};

const millerLoop = blsBasic(fields, G1.Point, G2.Point, { ...params, postPrecompute: endLoop });

/** @returns undefined for a point of the twist that is not in G2, the subgroup of order r. It must not be zero. */
export function linesOfTwistPoint(point: WeierstrassPoint<Fp2Element>): PairingLines | undefined {
  const lines = millerLoop.utils.calcPairingPrecomputes(point);
  return isLastInG2 ? lines : undefined;
}

/**
 * The lines for the point of G2 with these coordinates.
 *
 * @returns undefined for zero coordinates, which stand for infinity, for what is not on the twist y² = x³ + 3 / (9 + u), and for
 *   points of the twist outside the subgroup of order r: a pairing with those has no meaning that a proof could rest on
 */
export function pairingLines([xText, yText]: G2Text): PairingLines | undefined {
  const x = quadratic(xText);
  const y = quadratic(yText);
  const right = Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.Point.CURVE().b);
  // No point of the twist has y = 0; the point class throws at it.
  if (Fp2.is0(y) || !Fp2.eql(Fp2.sqr(y), right)) return undefined;
  return linesOfTwistPoint(G2.Point.fromAffine({ x, y }));
}

const quadratic = ([c0, c1]: G2Text[0]): Fp2Element => Fp2.fromBigTuple([BigInt(c0), BigInt(c1)]);

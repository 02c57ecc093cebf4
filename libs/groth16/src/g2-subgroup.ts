import { type Fp2 as Fp2Element, psiFrobenius } from '@noble/curves/abstract/tower.js';
import type { WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js';
import { bn254 } from '@noble/curves/bn254.js';

type TwistPoint = WeierstrassPoint<Fp2Element>;

/** The parameter x of the BN254 curve. */
const CURVE_PARAMETER = 4_965_661_367_192_848_881n;

const { Point } = bn254.G2;
const { Fp, Fp2 } = bn254.fields;
const frobenius = psiFrobenius(Fp, Fp2, Fp2.NONRESIDUE);

/** The endomorphism ψ of the twist, on projective coordinates, so that nothing is inverted. */
function psi({ X, Y, Z }: TwistPoint): TwistPoint {
  const [x, y] = frobenius.psi(X, Y);
  return new Point(x, y, Fp2.frobeniusMap(Z, 1));
}

/**
 * Whether a point of the twist is in the subgroup of order r: [x+1]P + ψ([x]P) + ψ²([x]P) = ψ³([2x]P), by Dai, Lin, Zhao and Zhou,
 * "Fast subgroup membership testings for G1, G2 and GT on pairing-friendly curves" (ePrint 2022/348, section 5.1). One
 * multiplication by 63 bits takes the place of one by the 254 bits of r.
 */
export function isInG2(point: TwistPoint): boolean {
  const multiple = point.multiplyUnsafe(CURVE_PARAMETER);
  const once = psi(multiple);
  const left = multiple.add(point).add(once).add(psi(once));
  return left.equals(psi(psi(psi(multiple.double()))));
}

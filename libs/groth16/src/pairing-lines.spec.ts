import { bn254 } from '@noble/curves/bn254.js';
import { describe, expect, it } from '@jest/globals';
import { linesOfTwistPoint } from './pairing-lines.js';

type G2Point = typeof bn254.G2.Point.BASE;

const { Point } = bn254.G2;
const { Fp2, Fr } = bn254.fields;
const r = Fr.ORDER;

/** The prime factors of the twist's cofactor, each of which divides it once. */
const primes = [
  10_069n,
  5_864_401n,
  1_875_725_156_269n,
  197_620_364_512_881_247_228_717_050_342_013_327_560_683_201_906_968_909n,
];
const cofactor = Point.CURVE().h;

const isInG2 = (point: G2Point): boolean => linesOfTwistPoint(point) !== undefined;

/** Doubling and adding, for factors beyond r. */
function times(point: G2Point, factor: bigint): G2Point {
  let sum = Point.ZERO;
  let doubled = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest % 2n === 1n) sum = sum.add(doubled);
    doubled = doubled.double();
  }
  return sum;
}

/** Points of the twist by increasing x, nearly all of them outside the subgroup. */
function* twistPoints(): Generator<G2Point> {
  for (let c0 = 1n; ; c0 += 1n) {
    const x = Fp2.fromBigTuple([c0, 1n]);
    const right = Fp2.add(Fp2.mul(Fp2.sqr(x), x), Point.CURVE().b);
    try {
      yield Point.fromAffine({ x, y: Fp2.sqrt(right) });
    } catch {
      // No point has this x.
    }
  }
}

function firstOfOrder(prime: bigint): G2Point {
  for (const point of twistPoints()) {
    const candidate = times(point, (r * cofactor) / prime);
    if (!candidate.is0()) return candidate;
  }
  throw new Error('unreachable: the points do not end');
}

describe('the lines of a point', () => {
  it('are those of the pairing', () => {
    const point = Point.BASE.multiplyUnsafe(12_345n);
    expect(linesOfTwistPoint(point)).toEqual(bn254.utils.calcPairingPrecomputes(point));
  });
});

describe('membership in the subgroup of G2', () => {
  it.each([1n, 2n, 3n, r - 1n, r / 2n, 0x1234567890abcdefn])(
    'is given to the generator times %s',
    (factor) => {
      expect(isInG2(Point.BASE.multiplyUnsafe(factor))).toBe(true);
    },
  );

  it('rests on the order of the twist: r times these primes', () => {
    expect(primes.reduce((product, prime) => product * prime)).toBe(cofactor);
  });

  // What the test lets through is a subgroup. If it held a point outside, it would hold one of prime order.
  it.each(primes)('is refused to the points of order %s', (prime) => {
    const point = firstOfOrder(prime);
    expect(times(point, prime).is0()).toBe(true);
    expect(isInG2(point)).toBe(false);
    expect(isInG2(point.add(Point.BASE))).toBe(false);
  });

  it('is refused to points of the whole twist, as multiplying by r does', () => {
    const points = twistPoints();
    for (let count = 0; count < 20; count += 1) {
      const point = points.next().value as G2Point;
      expect([isInG2(point), times(point, r).is0()]).toEqual([false, false]);
      expect(isInG2(times(point, cofactor))).toBe(true);
    }
  });
});

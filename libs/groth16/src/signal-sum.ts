import { mulAddUnsafe } from '@noble/curves/abstract/curve.js';
import { bn254 } from '@noble/curves/bn254.js';
import type { G1Point } from './g1-point.js';

const { Point } = bn254.G1;
const r = bn254.fields.Fr.ORDER;

/** Factors below this one are summed in buckets, one for each value of a byte. */
const BUCKETS = 256;

/** Buckets cost up to two additions each, whatever is in them; so few points are cheaper without. */
const BUCKETED_MIN = 64;

interface Term {
  readonly point: G1Point;
  readonly factor: bigint;
}

/**
 * IC[0] + Σ signals[i] · IC[i + 1], in variable time, as all of it is public. Most signals of a model are bytes or small signed
 * numbers, −v being r − v: bytes cost one addition each.
 *
 * @param points one more than signals
 * @param signals residues below r
 */
export function signalSum(points: readonly G1Point[], signals: readonly bigint[]): G1Point {
  const [constant, ...factors] = points as [G1Point, ...G1Point[]];
  const terms = factors.map((point, index) => smallestFactor(point, signals[index] as bigint));
  const bytes = terms.filter(({ factor }) => factor < BUCKETS);
  if (bytes.length < BUCKETED_MIN) return constant.add(interleavedSum(terms));
  return constant.add(bucketSum(bytes)).add(interleavedSum(terms.filter(({ factor }) => factor >= BUCKETS)));
}

/** The same multiple of the point or of its negative, whichever has the smaller factor. */
function smallestFactor(point: G1Point, signal: bigint): Term {
  return signal > r / 2n ? { point: point.negate(), factor: r - signal } : { point, factor: signal };
}

/** Points of the same factor are added first; sums of the sums, from the largest factor down, then multiply them (Pippenger). */
function bucketSum(terms: readonly Term[]): G1Point {
  const buckets = new Array<G1Point | undefined>(BUCKETS);
  for (const { point, factor } of terms) {
    const index = Number(factor);
    buckets[index] = buckets[index]?.add(point) ?? point;
  }
  let running = Point.ZERO;
  let sum = Point.ZERO;
  for (let factor = BUCKETS - 1; factor > 0; factor -= 1) {
    const bucket = buckets[factor];
    if (bucket !== undefined) running = running.add(bucket);
    sum = sum.add(running);
  }
  return sum;
}

/** All multiplications share their doublings (Straus). */
function interleavedSum(terms: readonly Term[]): G1Point {
  return mulAddUnsafe(
    Point,
    terms.map(({ point }) => point),
    terms.map(({ factor }) => factor),
  );
}

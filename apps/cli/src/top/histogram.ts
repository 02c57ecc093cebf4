import type { Samples } from './metrics-text.js';

/** A histogram: how many observations were at most each bound, bounds rising, the last one infinite. */
export interface Buckets {
  readonly bounds: readonly number[];
  /** Cumulative, one for each bound. */
  readonly counts: readonly number[];
}

/** Adds up the histogram of a name over all its labels; undefined when the service has none. */
export function bucketsOf(samples: Samples | undefined, name: string): Buckets | undefined {
  const byBound = new Map<number, number>();
  for (const { labels, value } of samples?.get(`${name}_bucket`) ?? []) {
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
    byBound.set(bound, (byBound.get(bound) ?? 0) + value);
  }
  if (byBound.size === 0) return undefined;
  const bounds = [...byBound.keys()].sort((left, right) => left - right);
  return { bounds, counts: bounds.map((bound) => byBound.get(bound) ?? 0) };
}

/** What came since `earlier`; all of it when the process was started again in between. */
export function bucketsSince(now: Buckets, earlier: Buckets | undefined): Buckets {
  if (earlier === undefined || earlier.bounds.length !== now.bounds.length) return now;
  const counts = now.counts.map((count, place) => count - (earlier.counts[place] ?? 0));
  return counts.some((count) => count < 0) ? now : { bounds: now.bounds, counts };
}

/** Observations in all. */
export function countOf({ counts }: Buckets): number {
  return counts.at(-1) ?? 0;
}

/**
 * The value that a share `q` of the observations did not exceed, linear inside a bucket as Prometheus'
 * `histogram_quantile`; the largest finite bound for what lies beyond it. Undefined without observations.
 */
export function quantileOf(buckets: Buckets, q: number): number | undefined {
  const total = countOf(buckets);
  if (total <= 0) return undefined;
  const rank = q * total;
  const place = buckets.counts.findIndex((count) => count >= rank);
  const upper = buckets.bounds[place] ?? Infinity;
  const lower = place > 0 ? (buckets.bounds[place - 1] ?? 0) : 0;
  if (upper === Infinity) return lower;
  const below = place > 0 ? (buckets.counts[place - 1] ?? 0) : 0;
  const inside = (buckets.counts[place] ?? 0) - below;
  return inside === 0 ? upper : lower + ((upper - lower) * (rank - below)) / inside;
}

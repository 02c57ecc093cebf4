import { AppError } from '@touchstone/contracts';
import { Counter, Gauge, type Registry } from 'prom-client';
import { CallerBuckets, type Allowance } from './caller-buckets.js';
import type { TrustedProxies } from './caller-address.js';

/** What a request is counted as: `work` costs, `reads` are looked up. */
export type RateClass = 'work' | 'reads';

/** How many reads stand for one request that costs. */
const READS_PER_WORK = 10;
const WINDOW_SECONDS = 60;

/** What was decided about one request. */
export interface RateDecision {
  /** RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10). */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Why it is refused; undefined where it is not. */
  readonly refusal: AppError | undefined;
}

/** Limits how often one caller may ask this process. Each replica counts for itself. */
export class RateLimits {
  private readonly kinds: Readonly<
    Record<RateClass, { policy: string; buckets: CallerBuckets; quota: number }>
  >;
  private readonly refused: Counter;

  constructor(
    perMinute: number,
    private readonly proxies: TrustedProxies,
    registry: Registry,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    const kindOf = (name: RateClass, quota: number) => ({
      policy: `"${name}";q=${quota};w=${WINDOW_SECONDS}`,
      buckets: new CallerBuckets(quota, WINDOW_SECONDS * 1_000),
      quota,
    });
    this.kinds = {
      work: kindOf('work', perMinute),
      reads: kindOf('reads', perMinute * READS_PER_WORK),
    };
    this.refused = new Counter({
      name: 'touchstone_rate_limited_total',
      help: 'Requests that were refused because their caller asked too often, by kind (work, reads).',
      labelNames: ['kind'],
      registers: [registry],
    });
    const { kinds } = this;
    registry.registerMetric(
      new Gauge({
        name: 'touchstone_rate_callers',
        help: 'Callers of whom it is remembered how often they asked, by kind.',
        labelNames: ['kind'],
        registers: [],
        collect() {
          for (const [kind, { buckets }] of Object.entries(kinds)) this.set({ kind }, buckets.callers);
        },
      }),
    );
  }

  /** Counts a request, before anything else is done for it. */
  decide(kind: RateClass, peer: string, forwardedFor: string | undefined): RateDecision {
    const { policy, buckets, quota } = this.kinds[kind];
    const allowance = buckets.take(this.proxies.callerOf(peer, forwardedFor), this.nowMs());
    if (!allowance.granted) this.refused.inc({ kind });
    return {
      headers: [
        ['ratelimit-policy', policy],
        ['ratelimit', `"${kind}";r=${allowance.left};t=${allowance.seconds}`],
      ],
      refusal: allowance.granted ? undefined : refusalOf(kind, quota, allowance),
    };
  }
}

function refusalOf(kind: RateClass, quota: number, { seconds }: Allowance): AppError {
  const what = kind === 'work' ? 'requests that cost something' : 'requests';
  return new AppError(
    'rate-limited',
    `More than ${quota} ${what} in a minute came from your address; repeat this one in ${seconds} s. Nothing was charged.`,
    { retryAfterSeconds: seconds },
  );
}

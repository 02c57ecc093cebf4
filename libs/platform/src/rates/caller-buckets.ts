/** Callers of whom a process remembers what they asked; who was seen longest ago is forgotten, and begins anew. */
export const RATE_CALLERS_MAX = 65_536;

/** What a request left of the allowance of its caller. */
export interface Allowance {
  readonly granted: boolean;
  /** Requests that could be made at once. */
  readonly left: number;
  /** Seconds until there is one more, of a caller without any; else until it is all there again. */
  readonly seconds: number;
}

/** A token bucket for each caller: so many requests at once, and evenly as many in a window. */
export class CallerBuckets {
  private readonly buckets = new Map<string, { tokens: number; atMs: number }>();

  /** @param windowMs in which an empty bucket is full again */
  constructor(
    private readonly size: number,
    private readonly windowMs: number,
    private readonly callersMax = RATE_CALLERS_MAX,
  ) {}

  /** Callers that are remembered. */
  get callers(): number {
    return this.buckets.size;
  }

  /** Takes a request of a caller. @param nowMs on a clock that does not go back */
  take(caller: string, nowMs: number): Allowance {
    const bucket = this.filled(caller, nowMs);
    const granted = bucket.tokens >= 1;
    if (granted) bucket.tokens -= 1;
    const left = Math.floor(bucket.tokens);
    const wanted = granted ? this.size : 1;
    const seconds = Math.ceil(((wanted - bucket.tokens) * this.windowMs) / this.size / 1_000);
    return { granted, left, seconds: Math.max(0, seconds) };
  }

  /** The bucket as it is by now, which becomes the newest one. */
  private filled(caller: string, nowMs: number): { tokens: number; atMs: number } {
    const known = this.buckets.get(caller);
    const grown = known ? ((nowMs - known.atMs) * this.size) / this.windowMs : this.size;
    const bucket = { tokens: Math.min(this.size, (known?.tokens ?? 0) + grown), atMs: nowMs };
    this.buckets.delete(caller);
    this.buckets.set(caller, bucket);
    if (this.buckets.size > this.callersMax) {
      const [oldest] = this.buckets.keys();
      if (oldest !== undefined) this.buckets.delete(oldest);
    }
    return bucket;
  }
}

/** Milliseconds over which the rates of this service are counted. */
const MINUTE_MS = 60_000;

/** So many in a minute, all of them at once where nothing came for that long. */
export class TokenBucket {
  private tokens: number;

  constructor(
    private readonly perMinute: number,
    private seenMs: number,
  ) {
    this.tokens = perMinute;
  }

  /** Milliseconds until one more is allowed; 0 when it is now. */
  waitMs(nowMs: number): number {
    const passedMs = Math.max(0, nowMs - this.seenMs);
    this.seenMs = nowMs;
    this.tokens = Math.min(this.perMinute, this.tokens + (passedMs * this.perMinute) / MINUTE_MS);
    return this.tokens >= 1 ? 0 : Math.ceil(((1 - this.tokens) * MINUTE_MS) / this.perMinute);
  }

  take(): void {
    this.tokens -= 1;
  }
}

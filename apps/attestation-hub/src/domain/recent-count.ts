import type { Clock } from './ports.js';

const WINDOW_SECONDS = 60;

/** Counts what happened in the last minute, to the second, in sixty numbers whatever the rate. */
export class RecentCount {
  private readonly seconds: { second: number; count: number }[] = [];

  constructor(private readonly clock: Clock) {}

  add(count: number): void {
    const second = this.second();
    const last = this.seconds[this.seconds.length - 1];
    if (last?.second === second) last.count += count;
    else this.seconds.push({ second, count });
    this.forget(second);
  }

  total(): number {
    this.forget(this.second());
    return this.seconds.reduce((sum, { count }) => sum + count, 0);
  }

  private second(): number {
    return Math.floor(this.clock.nowMs() / 1_000);
  }

  private forget(now: number): void {
    while (this.seconds[0] !== undefined && this.seconds[0].second <= now - WINDOW_SECONDS)
      this.seconds.shift();
  }
}

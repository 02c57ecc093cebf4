import { ANCHOR_FAILURES_MAX } from './target-store.js';
import type { AnchorHistory, SpentBudget } from './policy.js';

/** Runs of a target in a row that threw after which it is in trouble. */
export const TARGET_FAILURES_MAX = 5;
/** Longest pause of a target that throws again and again. */
export const TARGET_BACKOFF_MAX_MS = 60_000;
/** Milliseconds that trouble is told after it was last seen: another replica may have the turn since. */
export const TROUBLE_TOLD_MS = 3 * TARGET_BACKOFF_MAX_MS;

/** Why nothing becomes final at a target, and since when; the same for every kind. */
export class TargetHealth {
  private runsFailed = 0;
  private failingSinceMs = 0;
  private failure: string | undefined;
  private obstacle: string | undefined;
  private seenAtMs = -Infinity;

  constructor(
    /** What costs are counted in. */
    private readonly unit: string,
    private readonly nowMs: () => number,
  ) {}

  get trouble(): string | undefined {
    if (this.nowMs() - this.seenAtMs > TROUBLE_TOLD_MS) return undefined;
    return this.failure ?? this.obstacle;
  }

  /** One run that works closes the breaker. */
  runSucceeded(): void {
    this.runsFailed = 0;
    this.failure = undefined;
    this.seenAtMs = this.nowMs();
  }

  runFailed(error: unknown): void {
    this.runsFailed += 1;
    this.seenAtMs = this.nowMs();
    if (this.runsFailed === 1) this.failingSinceMs = this.seenAtMs;
    if (this.runsFailed < TARGET_FAILURES_MAX) return;
    const since = new Date(this.failingSinceMs).toISOString();
    const reason = error instanceof Error ? error.message : String(error);
    this.failure = `${this.runsFailed} runs in a row failed since ${since}: ${reason}`;
  }

  /** There is nothing to anchor. */
  idle(): void {
    this.obstacle = undefined;
  }

  /**
   * What the history says before a new anchor, and whether the budget has no room for it.
   *
   * @returns why there is none, or why there may be none
   */
  decided({ failuresInRow, lastFailure }: AnchorHistory, spent: SpentBudget | undefined): string | undefined {
    this.seenAtMs = this.nowMs();
    if (spent !== undefined) this.obstacle = this.spentText(spent);
    else if (failuresInRow >= ANCHOR_FAILURES_MAX)
      this.obstacle = `The last ${failuresInRow} anchors failed: ${lastFailure ?? 'no reason is known'}`;
    else this.obstacle = undefined;
    return this.obstacle;
  }

  private spentText({ spent, openCostMax, costMax, costPerDayMax, waitMs }: SpentBudget): string {
    const has = `The target has spent ${spent} of ${costPerDayMax} ${this.unit} in 24 h`;
    if (costMax + openCostMax > costPerDayMax && openCostMax === 0n)
      return `${has}; one anchor may cost ${costMax}, so that none is ever made`;
    if (waitMs === undefined)
      return `${has}, and open anchors may cost ${openCostMax} more; it goes on when they have ended`;
    return `${has}; it goes on at ${new Date(this.nowMs() + waitMs).toISOString()}`;
  }
}

/** Milliseconds before a new anchor after one that failed; doubles with each in a row, and half of each pause is random. */
export const FAILED_SPACING_FIRST_MS = 30_000;
/** The longest such pause. */
export const FAILED_SPACING_MAX_MS = 3_600_000;
/** Milliseconds after which an anchor is made although fewer entries than wanted are new. */
export const ANCHOR_WAIT_DEFAULT_MAX_MS = 3_600_000;
/** Milliseconds that the budget of a target is for; they slide. */
export const BUDGET_WINDOW_MS = 86_400_000;

/** What an operator sets for a target of any kind. */
export interface AnchorPolicy {
  /** Fewest milliseconds between two anchors; each covers all batches since the last. */
  readonly spacingMs: number;
  /** Fewest entries of the log since the last anchor: 1. */
  readonly minEntries?: number;
  /** Milliseconds after which there is an anchor also with fewer entries: {@link ANCHOR_WAIT_DEFAULT_MAX_MS}. */
  readonly maxWaitMs?: number;
  /** Most that anchors may cost in any 24 hours, in the unit of the target; without it there is no limit. */
  readonly costPerDayMax?: bigint;
}

/** What an anchor cost, and how long ago that became known. */
export interface PaidCost {
  readonly ageMs: number;
  readonly cost: bigint;
}

/** What happened on a network before. */
export interface AnchorHistory {
  /** When the newest anchor was made; `undefined` for none. */
  readonly lastCreatedAtMs: number | undefined;
  /** Anchors that failed, or were refused, since the last one that stood in a block or was final. */
  readonly failuresInRow: number;
  /** Why the newest of those failed. */
  readonly lastFailure: string | undefined;
  /** Entries of the log that the newest checkpoint covers and no anchor. */
  readonly newEntries: bigint;
  /** When the oldest checkpoint was published that no anchor covers; `undefined` for none. */
  readonly waitingSinceMs: number | undefined;
  /** Of the last 24 hours. */
  readonly paid: readonly PaidCost[];
  /** What anchors that have not ended may still cost at worst. */
  readonly openCostMax: bigint;
}

/** What the moment adds to the {@link AnchorHistory}. */
export interface AnchorMoment {
  readonly nowMs: number;
  /** 0 to 1: the place in the random half of a pause after a failure. */
  readonly jitter: number;
  /** What the new anchor may cost at worst. */
  readonly costMax: bigint;
}

/** How much of the budget is used up, and when there is room for one more anchor. */
export interface SpentBudget {
  readonly spent: bigint;
  readonly openCostMax: bigint;
  readonly costMax: bigint;
  readonly costPerDayMax: bigint;
  /** `undefined` where no time alone makes room: open anchors have to end, or the budget is less than one anchor may cost. */
  readonly waitMs: number | undefined;
}

/** Whether a new anchor may be made. */
export type AnchorDecision =
  | { readonly kind: 'now' }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly reason: 'spacing' | 'failures' | 'entries' }
  | ({ readonly kind: 'spent' } & SpentBudget);

/** Decides for a target of any kind whether an anchor may be made now, or after how many milliseconds, or why not. */
export function mayAnchor(
  history: AnchorHistory,
  policy: AnchorPolicy,
  moment: AnchorMoment,
): AnchorDecision {
  const pause = pauseLeft(history, policy, moment);
  if (pause.waitMs > 0) return { kind: 'wait', ...pause };
  const entriesMs = entriesWaitMs(history, policy, moment.nowMs);
  if (entriesMs > 0) return { kind: 'wait', waitMs: entriesMs, reason: 'entries' };
  return withinBudget(history, policy, moment.costMax);
}

/** The part of {@link mayAnchor} that nothing gets past: the budget. */
export function withinBudget(
  { paid, openCostMax }: AnchorHistory,
  { costPerDayMax }: AnchorPolicy,
  costMax: bigint,
): AnchorDecision {
  if (costPerDayMax === undefined) return { kind: 'now' };
  const counted = paid.filter(({ ageMs }) => ageMs < BUDGET_WINDOW_MS);
  const spent = counted.reduce((sum, { cost }) => sum + cost, 0n);
  if (spent + openCostMax + costMax <= costPerDayMax) return { kind: 'now' };
  let excess = spent + openCostMax + costMax - costPerDayMax;
  let waitMs: number | undefined;
  for (const { ageMs, cost } of counted.sort((left, right) => right.ageMs - left.ageMs)) {
    if (excess <= 0n) break;
    excess -= cost;
    waitMs = BUDGET_WINDOW_MS - ageMs;
  }
  return {
    kind: 'spent',
    ...{ spent, openCostMax, costMax, costPerDayMax },
    waitMs: excess <= 0n ? waitMs : undefined,
  };
}

/** The longest pause after this many failures in a row. */
function failedPauseMs(failuresInRow: number): number {
  return failuresInRow === 0
    ? 0
    : Math.min(FAILED_SPACING_FIRST_MS * 2 ** Math.min(failuresInRow - 1, 20), FAILED_SPACING_MAX_MS);
}

function pauseLeft(
  { lastCreatedAtMs, failuresInRow }: AnchorHistory,
  { spacingMs }: AnchorPolicy,
  { nowMs, jitter }: AnchorMoment,
): { readonly waitMs: number; readonly reason: 'spacing' | 'failures' } {
  const longestMs = failedPauseMs(failuresInRow);
  // Half is fixed and half is random, so that targets that failed together do not come back together.
  const failedMs = longestMs / 2 + (jitter * longestMs) / 2;
  const reason = failedMs > spacingMs ? 'failures' : 'spacing';
  if (lastCreatedAtMs === undefined) return { waitMs: 0, reason };
  const elapsedMs = nowMs - lastCreatedAtMs;
  // An anchor from the future was made by a wrong clock; waiting for its time would hold up everything until then.
  return { waitMs: elapsedMs < 0 ? 0 : Math.max(spacingMs, failedMs) - elapsedMs, reason };
}

/** Milliseconds until few entries have waited long enough; 0 when there are enough, or a clock was wrong. */
function entriesWaitMs(
  { newEntries, waitingSinceMs }: AnchorHistory,
  { minEntries = 1, maxWaitMs = ANCHOR_WAIT_DEFAULT_MAX_MS }: AnchorPolicy,
  nowMs: number,
): number {
  if (newEntries >= BigInt(minEntries) || waitingSinceMs === undefined) return 0;
  const waitedMs = nowMs - waitingSinceMs;
  return waitedMs < 0 ? 0 : Math.max(0, maxWaitMs - waitedMs);
}

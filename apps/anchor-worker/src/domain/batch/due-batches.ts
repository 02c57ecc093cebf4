/** Leaves of one model version that wait for a batch. */
export interface PendingLeaves {
  readonly modelVersionId: string;
  /** How many wait; counted to {@link SealingPolicy.batchMax} at most. */
  readonly count: number;
  /** Milliseconds that the oldest has waited. */
  readonly oldestAgeMs: number;
}

/** When a batch is sealed: by age or by size, whichever comes first (R-ANCHOR-1). */
export interface SealingPolicy {
  readonly intervalMs: number;
  readonly batchMax: number;
}

/** What is to be sealed now, and when to look again for the rest. */
export interface DueBatches {
  /** Model versions, the longest waiting first. */
  readonly due: readonly string[];
  /** Milliseconds until the next one is due by age; `undefined` when nothing else waits. */
  readonly waitMs: number | undefined;
  /** The largest number of leaves that wait for one model version and are not due. */
  readonly largest: number;
}

/** Decides which model versions get a batch. */
export function dueBatches(pending: readonly PendingLeaves[], policy: SealingPolicy): DueBatches {
  const isDue = ({ count, oldestAgeMs }: PendingLeaves): boolean =>
    count >= policy.batchMax || oldestAgeMs >= policy.intervalMs;
  const due = pending.filter(isDue).sort((left, right) => right.oldestAgeMs - left.oldestAgeMs);
  const rest = pending.filter((leaves) => !isDue(leaves));
  return {
    due: due.map(({ modelVersionId }) => modelVersionId),
    waitMs:
      rest.length === 0
        ? undefined
        : Math.min(...rest.map(({ oldestAgeMs }) => Math.max(1, policy.intervalMs - oldestAgeMs))),
    largest: Math.max(0, ...rest.map(({ count }) => count)),
  };
}

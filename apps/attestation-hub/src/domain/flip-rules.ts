/** When attestations that change are a suspicion (R-NODE-4). */
export interface FlipRules {
  /** How long a sighting counts, in milliseconds of the hub's time. */
  readonly windowMs: number;
  /** Builds in a row, each another than the one before, within the window that are a flip-flop: 3 for A→B→A. */
  readonly threshold: number;
}

/** Seconds that a sighting counts, unless the operator sets it. */
export const FLIP_WINDOW_DEFAULT_SEC = 120;
/** Builds in a row that are a flip-flop, unless the operator sets it. */
export const FLIP_THRESHOLD_DEFAULT = 3;

/** Longest window in seconds. */
export const FLIP_WINDOW_SEC_MAX = 86_400;
/**
 * Runs that are kept of a node beside the one that goes on. A run that is dropped changes no verdict: while it counts, the later ones
 * count too, and so many are a flip-flop under every threshold, or contradict each other. Within a rollout, whose builds are as one, a
 * node that says more than this within the window may be forgiven a third build.
 */
export const RECENT_RUNS_MAX = 16;
/** Highest threshold: the runs that are kept must be able to reach it. */
export const FLIP_THRESHOLD_MAX = 16;

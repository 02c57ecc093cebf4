import type { Build } from './builds.js';
import type { NodeKey } from './node-keys.js';

/** Nodes by what their names begin with, or by their names. */
export interface Selection {
  readonly prefix?: string | undefined;
  readonly nodes?: readonly string[] | undefined;
}

/** What the operator calls right for a node. */
export interface Baseline {
  /** Beside the first build where that counts, else alone. */
  readonly builds: readonly Build[];
  readonly firstSeenCounts: boolean;
  /** What was said up to then is settled, in milliseconds since 1970; 0 where nothing is. */
  readonly countsFromMs: number;
}

/** A window in which a build takes the place of another. */
export interface Rollout {
  readonly name: string;
  readonly selection: Selection;
  readonly build: Build;
  readonly startedAtMs: number;
  readonly endsAtMs: number;
}

/** A node that its operator does not trust. */
export interface Quarantine {
  readonly reason: string;
  readonly sinceMs: number;
}

/** What the operator decided about one node. */
export interface Governance {
  readonly quarantine: Quarantine | null;
  readonly baseline: Baseline;
  /** Those that nobody closed, the one that started first at the front. */
  readonly rollouts: readonly Rollout[];
  /** All keys that the node ever had since it was last removed. */
  readonly keys: readonly NodeKey[];
}

/** What is right as long as the operator says nothing: the first build. */
export const FIRST_BUILD: Baseline = { builds: [], firstSeenCounts: true, countsFromMs: 0 };
/** A node about which nobody decided anything. */
export const UNGOVERNED: Governance = { quarantine: null, baseline: FIRST_BUILD, rollouts: [], keys: [] };

/** Whether a node is one of a selection. */
export function isSelected({ prefix, nodes }: Selection, nodeId: string): boolean {
  return prefix === undefined ? (nodes ?? []).includes(nodeId) : nodeId.startsWith(prefix);
}

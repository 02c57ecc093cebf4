import type { JudgedStatus } from '@touchstone/contracts';
import type { FlipRules } from './flip-rules.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { AttestedBuild, NodeHealth, NodeState, Run, Sighting } from './node.js';
import {
  buildFingerprint,
  isSameBuild,
  runsBefore,
  suspicionBefore,
  suspicionOf,
  type Suspicion,
} from './recent-runs.js';

/** A change of what a node says about itself that the audit tells. */
export type Finding =
  | { readonly event: 'ATTESTATION_FIRST_SEEN'; readonly old: null; readonly reason: null }
  | { readonly event: 'ATTESTATION_DRIFT'; readonly old: AttestedBuild; readonly reason: null }
  | { readonly event: 'ATTESTATION_SPOOF_SUSPECT'; readonly old: AttestedBuild; readonly reason: Suspicion };

/** What a heartbeat makes of a node. */
export interface Verdict {
  readonly status: JudgedStatus;
  /** What the node reports, and YELLOW where its status makes that too good. */
  readonly health: NodeHealth;
  readonly driftCount: number;
  readonly spoofCount: number;
  readonly recentRuns: readonly Run[];
  readonly finding: Finding | null;
}

/** The time of a heartbeat for its node: clocks of two replicas differ, and a time never runs backwards for that. */
export function timeOf(known: NodeState | undefined, { receivedAtMs }: HeartbeatReport): number {
  return Math.max(receivedAtMs, known?.lastHeartbeat.atMs ?? 0, known?.staleSinceMs ?? 0);
}

/**
 * The rules of R-NODE-4 in one place, a pure function of what is kept and what came. All that the status of an attested node depends
 * on is its first attestation and what it said within the window:
 *
 * 1. a flip-flop, or one build with two runtimes, is SPOOF_SUSPECT;
 * 2. a build or capabilities other than the first ones is DRIFT;
 * 3. all else is OK.
 *
 * A heartbeat without attestation makes the node MISSING and leaves alone its health and what is kept for the rules.
 */
export function judgeHeartbeat(
  known: NodeState | undefined,
  report: HeartbeatReport,
  rules: FlipRules,
): Verdict {
  const { attestation, health } = report;
  const { driftCount = 0, spoofCount = 0, recentRuns = [] } = known ?? {};
  if (attestation === null)
    return { status: 'MISSING', health, driftCount, spoofCount, recentRuns, finding: null };
  const { firstSeen = null, lastSeen = null } = known ?? {};
  if (known === undefined || firstSeen === null || lastSeen === null) {
    const finding = { event: 'ATTESTATION_FIRST_SEEN', old: null, reason: null } as const;
    return { status: 'OK', health, driftCount, spoofCount, recentRuns: [], finding };
  }
  const runs = runsBefore(known, attestation, timeOf(known, report), rules);
  const suspicion = suspicionOf(runs, attestation, rules);
  const status = suspicion ? 'SPOOF_SUSPECT' : hasDrifted(firstSeen, runs, attestation) ? 'DRIFT' : 'OK';
  const finding = findingOf(known, { firstSeen, lastSeen }, attestation, suspicion, rules);
  return {
    status,
    health: status === 'OK' ? health : atBestYellow(health),
    driftCount: driftCount + (finding?.event === 'ATTESTATION_DRIFT' ? 1 : 0),
    spoofCount: spoofCount + (finding?.event === 'ATTESTATION_SPOOF_SUSPECT' ? 1 : 0),
    recentRuns: runs,
    finding,
  };
}

/** GREEN < YELLOW < RED < DEAD: a signal never makes a node look better than it says. */
function atBestYellow(health: NodeHealth): NodeHealth {
  return health === 'GREEN' ? 'YELLOW' : health;
}

/** A node that came back to its first attestation has drifted until it has stayed there for the window. */
function hasDrifted(firstSeen: Sighting, runs: readonly Run[], current: AttestedBuild): boolean {
  if (!isSameBuild(firstSeen, current)) return true;
  if (runs.length === 0) return false;
  const first = buildFingerprint(firstSeen);
  return runs.some(({ build }) => build !== first);
}

/** One finding for a change, not one for a heartbeat: a suspicion that goes on and a build that stays are told once. */
function findingOf(
  known: NodeState,
  { firstSeen, lastSeen }: { readonly firstSeen: Sighting; readonly lastSeen: Sighting },
  current: AttestedBuild,
  suspicion: Suspicion | null,
  rules: FlipRules,
): Finding | null {
  if (suspicion !== null) {
    if (suspicionBefore(known, lastSeen, rules) !== null) return null;
    return { event: 'ATTESTATION_SPOOF_SUSPECT', old: lastSeen, reason: suspicion };
  }
  if (isSameBuild(firstSeen, current)) return null;
  if (!isSameBuild(lastSeen, current)) return { event: 'ATTESTATION_DRIFT', old: lastSeen, reason: null };
  // A version without these rules called the same build OK.
  return known.status === 'OK' ? { event: 'ATTESTATION_DRIFT', old: firstSeen, reason: null } : null;
}

import type { JudgedStatus } from '@touchstone/contracts';
import { expectationOf, expectedFingerprints, isExpected, type Expectation } from './expected-builds.js';
import type { FlipRules } from './flip-rules.js';
import { UNGOVERNED, type Governance } from './governance.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { AttestedBuild, NodeHealth, NodeState, Run, Sighting } from './node.js';
import { conductAfter, isTwoMachines, type Conduct } from './conduct.js';
import { isSameBuild } from './builds.js';
import { runsBefore, suspicionBefore, suspicionOf, type Suspicion } from './recent-runs.js';

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
  readonly conduct: Conduct | null;
  readonly finding: Finding | null;
}

/** The time of a heartbeat for its node: clocks of two replicas differ, and a time never runs backwards for that. */
export function timeOf(known: NodeState | undefined, { receivedAtMs }: HeartbeatReport): number {
  return Math.max(receivedAtMs, known?.lastHeartbeat.atMs ?? 0, known?.staleSinceMs ?? 0);
}

/**
 * The rules of R-NODE-4 in one place, a pure function of what is kept and what came. All that the status of an attested node depends
 * on is what is right for it (its first attestation, unless the operator decided otherwise) and what it said within the window:
 *
 * 1. a flip-flop, one build with two runtimes, or a sign of two machines is SPOOF_SUSPECT;
 * 2. a build or capabilities other than the right ones is DRIFT;
 * 3. all else is OK.
 *
 * A heartbeat without attestation makes the node MISSING and leaves alone its health and what is kept for the rules.
 */
export function judgeHeartbeat(
  known: NodeState | undefined,
  report: HeartbeatReport,
  rules: FlipRules,
  governance: Governance = UNGOVERNED,
): Verdict {
  const { attestation, health } = report;
  const { driftCount = 0, spoofCount = 0, recentRuns = [], conduct: conductBefore = null } = known ?? {};
  if (attestation === null)
    return {
      ...{ status: 'MISSING', health, driftCount, spoofCount, recentRuns },
      ...{ conduct: conductBefore, finding: null },
    };
  const { firstSeen = null, lastSeen = null } = known ?? {};
  const atMs = timeOf(known, report);
  const expectation = expectationOf(firstSeen, governance, atMs);
  const conduct = conductAfter(conductBefore, report, atMs, rules, expectation.inRollout);
  if (known === undefined || firstSeen === null || lastSeen === null) {
    const finding = { event: 'ATTESTATION_FIRST_SEEN', old: null, reason: null } as const;
    return { status: 'OK', health, driftCount, spoofCount, recentRuns: [], conduct, finding };
  }
  const runs = runsBefore(known, attestation, atMs, rules, expectation);
  const isTwo = isTwoMachines(conduct, atMs);
  const suspicion = suspicionOf(runs, attestation, rules, expectation) ?? (isTwo ? 'two-machines' : null);
  const status = suspicion ? 'SPOOF_SUSPECT' : hasDrifted(expectation, runs, attestation) ? 'DRIFT' : 'OK';
  const past = { known, firstSeen, lastSeen, expectation };
  const finding = findingOf(past, attestation, suspicion, rules);
  return {
    status,
    health: status === 'OK' ? health : atBestYellow(health),
    driftCount: driftCount + (finding?.event === 'ATTESTATION_DRIFT' ? 1 : 0),
    spoofCount: spoofCount + (finding?.event === 'ATTESTATION_SPOOF_SUSPECT' ? 1 : 0),
    recentRuns: runs,
    conduct,
    finding,
  };
}

/** GREEN < YELLOW < RED < DEAD: a signal never makes a node look better than it says. */
function atBestYellow(health: NodeHealth): NodeHealth {
  return health === 'GREEN' ? 'YELLOW' : health;
}

/** A node that came back to what is right has drifted until it has stayed there for the window. */
function hasDrifted(expectation: Expectation, runs: readonly Run[], current: AttestedBuild): boolean {
  if (!isExpected(expectation, current)) return true;
  if (runs.length === 0) return false;
  const expected = expectedFingerprints(expectation);
  return runs.some(({ build }) => !expected.has(build));
}

interface Past {
  readonly known: NodeState;
  readonly firstSeen: Sighting;
  readonly lastSeen: Sighting;
  readonly expectation: Expectation;
}

/** One finding for a change, not one for a heartbeat: a suspicion that goes on and a build that stays are told once. */
function findingOf(
  { known, firstSeen, lastSeen, expectation }: Past,
  current: AttestedBuild,
  suspicion: Suspicion | null,
  rules: FlipRules,
): Finding | null {
  if (suspicion !== null) {
    const wasTwo = isTwoMachines(known.conduct, lastSeen.atMs);
    if (wasTwo || suspicionBefore(known, lastSeen, rules, expectation) !== null) return null;
    return { event: 'ATTESTATION_SPOOF_SUSPECT', old: lastSeen, reason: suspicion };
  }
  if (isExpected(expectation, current)) return null;
  if (!isSameBuild(lastSeen, current)) return { event: 'ATTESTATION_DRIFT', old: lastSeen, reason: null };
  // A rollout is over that the node missed, or a version without these rules called the same build OK.
  return known.status === 'OK' ? { event: 'ATTESTATION_DRIFT', old: firstSeen, reason: null } : null;
}

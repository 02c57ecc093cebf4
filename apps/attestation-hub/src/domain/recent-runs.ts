import { buildFingerprint, fingerprint, isSameBuild } from './builds.js';
import { RECENT_RUNS_MAX, type FlipRules } from './flip-rules.js';
import { expectedFingerprints, type Expectation } from './expected-builds.js';
import type { AttestedBuild, NodeState, Run, Sighting } from './node.js';

/** Why a node is suspected. */
export type Suspicion = 'flip-flop' | 'contradictory-runtime' | 'two-machines';

/** Whether two attestations say the same, whatever the order of the members. */
export function isSameAttestation(left: AttestedBuild, right: AttestedBuild): boolean {
  return isSameBuild(left, right) && isSameRuntime(left.runtime, right.runtime);
}

function isSameRuntime(left: AttestedBuild['runtime'], right: AttestedBuild['runtime']): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && left[name] === right[name])
  );
}

/** The run that an attestation belongs to, last seen at a time. */
export function runOf(attestation: AttestedBuild, lastMs: number): Run {
  const { buildId, capabilityHash, runtime } = attestation;
  return {
    build: buildFingerprint({ buildId, capabilityHash }),
    runtime: fingerprint({ ...runtime }),
    lastMs,
  };
}

/**
 * The runs that ended within the window, the oldest first, when a node says something at a time.
 *
 * @param next what it says; where that differs from what it said last, a run has ended
 */
export function runsBefore(
  known: Pick<NodeState, 'recentRuns' | 'lastSeen'>,
  next: AttestedBuild,
  atMs: number,
  { windowMs }: FlipRules,
  { countsFromMs }: Pick<Expectation, 'countsFromMs'>,
): readonly Run[] {
  const { recentRuns, lastSeen } = known;
  const ended =
    lastSeen === null || isSameAttestation(lastSeen, next) ? [] : [runOf(lastSeen, lastSeen.atMs)];
  if (recentRuns.length === 0 && ended.length === 0) return recentRuns;
  return [...recentRuns, ...ended]
    .filter(({ lastMs }) => atMs - lastMs <= windowMs && lastMs > countsFromMs)
    .slice(-RECENT_RUNS_MAX);
}

/**
 * What the window shows: one build with two runtimes, or too many builds in a row. Within a rollout the builds that are right are as
 * one, because machines that share a name change one after the other.
 */
export function suspicionOf(
  runs: readonly Run[],
  current: AttestedBuild,
  { threshold }: FlipRules,
  expectation: Expectation,
): Suspicion | null {
  if (runs.length === 0) return null;
  const all = [...runs, runOf(current, 0)];
  const asOne = expectation.inRollout ? expectedFingerprints(expectation) : new Set<string>();
  const names = all.map(({ build }) => (asOne.has(build) ? '' : build));
  if (names.filter((name, index) => name !== names[index - 1]).length >= threshold) return 'flip-flop';
  const runtimes = new Map<string, string>();
  for (const { build, runtime } of all) {
    if ((runtimes.get(build) ?? runtime) !== runtime) return 'contradictory-runtime';
    runtimes.set(build, runtime);
  }
  return null;
}

/** What was suspected of a node when it was last seen. */
export function suspicionBefore(
  { recentRuns }: Pick<NodeState, 'recentRuns'>,
  lastSeen: Sighting,
  rules: FlipRules,
  expectation: Expectation,
): Suspicion | null {
  const counted = recentRuns.filter(
    ({ lastMs }) => lastSeen.atMs - lastMs <= rules.windowMs && lastMs > expectation.countsFromMs,
  );
  return suspicionOf(counted, lastSeen, rules, expectation);
}

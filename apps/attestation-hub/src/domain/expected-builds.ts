import { buildFingerprint, isSameBuild, type Build } from './builds.js';
import type { Baseline, Governance } from './governance.js';

/** What may be expected of a node at a time. */
export interface Expectation {
  readonly builds: readonly Build[];
  /** Whether the builds may come in any order, from several machines with one name. */
  readonly inRollout: boolean;
  /** What was said up to then is settled. */
  readonly countsFromMs: number;
}

/**
 * What is right for a node: its first build and those that were approved, and within a rollout the new one too. A rollout whose time
 * is over is taken for completed, whether somebody closed it yet or not.
 */
export function expectationOf(
  firstSeen: Build | null,
  { baseline, rollouts }: Governance,
  atMs: number,
): Expectation {
  const first = firstSeen !== null && baseline.firstSeenCounts ? [firstSeen] : [];
  let expected: Expectation = {
    ...{ builds: [...first, ...baseline.builds], inRollout: false },
    countsFromMs: baseline.countsFromMs,
  };
  for (const { build, endsAtMs } of rollouts)
    expected =
      atMs < endsAtMs
        ? { ...expected, builds: [...expected.builds, build], inRollout: true }
        : { ...expected, builds: [build], countsFromMs: Math.max(expected.countsFromMs, endsAtMs) };
  return expected;
}

/** Whether a build is right. */
export function isExpected({ builds }: Expectation, build: Build): boolean {
  return builds.some((each) => isSameBuild(each, build));
}

/** The fingerprints of the builds that are right. */
export function expectedFingerprints({ builds }: Expectation): ReadonlySet<string> {
  return new Set(builds.map(buildFingerprint));
}

/** What is right from now on, after a rollout of a build. */
export function completed(build: Build, atMs: number): Baseline {
  return { builds: [build], firstSeenCounts: false, countsFromMs: atMs };
}

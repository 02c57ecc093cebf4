import { canonicalJson } from '@touchstone/canonical-json';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { RECENT_RUNS_MAX, type FlipRules } from './flip-rules.js';
import type { AttestedBuild, NodeState, Run, Sighting } from './node.js';

/** Why a node is suspected. */
export type Suspicion = 'flip-flop' | 'contradictory-runtime';

/** Hexadecimal digits of a fingerprint: 128 bits, so that no node makes two that are equal. */
const FINGERPRINT_DIGITS = 32;

/** Whether two attestations name one build with one set of capabilities: what drift and flip-flop are about. */
export function isSameBuild(left: AttestedBuild, right: AttestedBuild): boolean {
  return left.buildId === right.buildId && left.capabilityHash === right.capabilityHash;
}

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

/** Equal exactly for attestations of one build. */
export function buildFingerprint({
  buildId,
  capabilityHash,
}: Pick<AttestedBuild, 'buildId' | 'capabilityHash'>): string {
  return fingerprint([buildId, capabilityHash]);
}

function fingerprint(value: Parameters<typeof canonicalJson>[0]): string {
  return bytesToHex(sha256(new TextEncoder().encode(canonicalJson(value)))).slice(0, FINGERPRINT_DIGITS);
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
): readonly Run[] {
  const { recentRuns, lastSeen } = known;
  const ended =
    lastSeen === null || isSameAttestation(lastSeen, next) ? [] : [runOf(lastSeen, lastSeen.atMs)];
  if (recentRuns.length === 0 && ended.length === 0) return recentRuns;
  return [...recentRuns, ...ended].filter(({ lastMs }) => atMs - lastMs <= windowMs).slice(-RECENT_RUNS_MAX);
}

/** What the window shows: one build with two runtimes, or too many builds in a row. */
export function suspicionOf(
  runs: readonly Run[],
  current: AttestedBuild,
  { threshold }: FlipRules,
): Suspicion | null {
  if (runs.length === 0) return null;
  const all = [...runs, runOf(current, 0)];
  const builds = all.filter(({ build }, index) => build !== all[index - 1]?.build);
  if (builds.length >= threshold) return 'flip-flop';
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
): Suspicion | null {
  const counted = recentRuns.filter(({ lastMs }) => lastSeen.atMs - lastMs <= rules.windowMs);
  return suspicionOf(counted, lastSeen, rules);
}

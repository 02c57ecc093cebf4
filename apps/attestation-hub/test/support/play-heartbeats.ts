import { UNGOVERNED, type Governance } from '../../src/domain/governance.js';
import type { HeartbeatReport } from '../../src/domain/heartbeat-report.js';
import type { FlipRules } from '../../src/domain/flip-rules.js';
import type { AttestedBuild, NodeState } from '../../src/domain/node.js';
import { observeHeartbeat, type Observation } from '../../src/domain/observe-heartbeat.js';

export const START_MS = Date.UTC(2026, 0, 2);
export const WINDOW_MS = 120_000;
export const rules: FlipRules = { windowMs: WINDOW_MS, threshold: 3 };
export const build = (change: Partial<AttestedBuild> = {}): AttestedBuild => ({
  ...{ buildId: 'A', capabilityHash: 'a1'.repeat(32), runtime: { os: 'linux', python: '3.11.7' } },
  ...change,
});
export const A = build();

/** Seconds since the first one, what the node says of itself, and its health. */
export type Beat = readonly [
  seconds: number,
  attestation: AttestedBuild | null,
  health?: HeartbeatReport['health'],
];

/** What becomes of one node, heartbeat by heartbeat. */
export function play(
  beats: readonly Beat[],
  under: FlipRules = rules,
  governanceAt: (seconds: number) => Governance = () => UNGOVERNED,
): Observation[] {
  let known: NodeState | undefined;
  return beats.map(([seconds, attestation, health = 'GREEN']) => {
    const receivedAtMs = START_MS + seconds * 1_000;
    const tsUtc = new Date(receivedAtMs).toISOString();
    const from = { nodeId: 'node-1', reporter: 'http', remoteAddress: '127.0.0.1' };
    const report = { ...from, health, tsUtc, receivedAtMs, clockSkewMs: 0, attestation };
    const observation = observeHeartbeat(known, report, under, governanceAt(seconds));
    known = observation.node;
    return observation;
  });
}

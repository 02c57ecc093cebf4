import type { AuditEvent, Heartbeat, NodeStatus } from '@touchstone/contracts';

/** One heartbeat of a scene, and what the hub has to answer. */
export interface Step {
  readonly build: 'A' | 'B' | null;
  readonly os?: string;
  readonly health: Heartbeat['health'];
  readonly status: NodeStatus;
  /** What the hub shows as the health of the node. */
  readonly shown: Heartbeat['health'];
}

/** What one node plays, and what is kept of it in the end. */
export interface Scene {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly driftCount: number;
  readonly spoofCount: number;
  readonly audit: readonly AuditEvent[];
}

const ok = { build: 'A', health: 'GREEN', status: 'OK', shown: 'GREEN' } as const satisfies Step;
const drifted = { build: 'B', health: 'GREEN', status: 'DRIFT', shown: 'YELLOW' } as const satisfies Step;
const FIRST = 'ATTESTATION_FIRST_SEEN';
const SPOOF = 'ATTESTATION_SPOOF_SUSPECT';

/**
 * What an operator tries (R-NODE-8). Every scene is over within seconds, so that the window of the hub holds all of it.
 *
 * @param threshold builds in a row that the hub takes for a flip-flop
 */
export function scenesFor(threshold: number): readonly Scene[] {
  const flips = Array.from({ length: Math.max(0, threshold - 2) }, (_, index): Step => {
    const isLast = index === threshold - 3;
    const build = index % 2 === 0 ? 'A' : 'B';
    return { build, health: 'GREEN', status: isLast ? 'SPOOF_SUSPECT' : 'DRIFT', shown: 'YELLOW' };
  });
  // Coming back to the first build is no drift of its own; every other turn is.
  const drifts = 1 + flips.filter(({ build, status }) => build === 'B' && status === 'DRIFT').length;
  return [
    { name: 'first-seen', steps: [ok, ok], driftCount: 0, spoofCount: 0, audit: [FIRST] },
    {
      name: 'drift',
      steps: [ok, drifted, drifted, { ...drifted, health: 'RED', shown: 'RED' }],
      driftCount: 1,
      spoofCount: 0,
      audit: [FIRST, 'ATTESTATION_DRIFT'],
    },
    {
      name: 'flip-flop',
      steps: [ok, drifted, ...flips],
      driftCount: drifts,
      spoofCount: 1,
      audit: [FIRST, ...Array<AuditEvent>(drifts).fill('ATTESTATION_DRIFT'), SPOOF],
    },
    {
      name: 'runtime',
      steps: [ok, { ...ok, os: 'windows', status: 'SPOOF_SUSPECT', shown: 'YELLOW' }],
      driftCount: 0,
      spoofCount: 1,
      audit: [FIRST, SPOOF],
    },
    {
      name: 'missing',
      steps: [{ ...ok, build: null, status: 'MISSING' }],
      driftCount: 0,
      spoofCount: 0,
      audit: [],
    },
  ];
}

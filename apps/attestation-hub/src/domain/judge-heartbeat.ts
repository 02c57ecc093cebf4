import type { NodeStatus } from '@touchstone/contracts';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { NodeHealth, NodeState } from './node.js';

/** What a heartbeat makes of a node. */
export interface Verdict {
  readonly status: NodeStatus;
  readonly health: NodeHealth;
  readonly driftCount: number;
  readonly spoofCount: number;
}

/**
 * The rules of R-NODE-4 in one place, a pure function of what is kept and what came. A heartbeat without attestation
 * makes the node MISSING, one with attestation makes it OK; neither touches the health that the node reports.
 */
export function judgeHeartbeat(known: NodeState | undefined, report: HeartbeatReport): Verdict {
  return {
    status: report.attestation === null ? 'MISSING' : 'OK',
    health: report.health,
    driftCount: known?.driftCount ?? 0,
    spoofCount: known?.spoofCount ?? 0,
  };
}

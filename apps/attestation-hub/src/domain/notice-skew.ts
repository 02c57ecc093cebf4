import type { AuditRecord } from './audit.js';
import { reportedSkew, SKEW_TOLD_AGAIN_MS } from './freshness.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { NodeState } from './node.js';

/** The line of the audit where the clock of a node begins to be off, once in a while; undefined where it does not. */
export function noticeSkew(
  known: NodeState | undefined,
  { nodeId, clockSkewMs, reporter, remoteAddress }: HeartbeatReport,
  atMs: number,
): AuditRecord | undefined {
  const skew = reportedSkew(clockSkewMs);
  if (skew === null) return undefined;
  const wasOff = known !== undefined && reportedSkew(known.lastHeartbeat.clockSkewMs) !== null;
  const toldMs = known?.skewToldMs ?? 0;
  if (wasOff || (toldMs > 0 && atMs - toldMs < SKEW_TOLD_AGAIN_MS)) return undefined;
  return {
    ...{ event: 'ATTESTATION_CLOCK_SKEW', node_id: nodeId, reason: null, zone: null },
    ...{ old_cap_prefix: null, new_cap_prefix: null, old_build: null, new_build: null },
    ...{ reporter, remote_addr: remoteAddress, detail: `${skew} ms` },
    ts_utc: new Date(atMs).toISOString(),
  };
}

import type { AuditEvent, BlockReason } from '@touchstone/contracts';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { Finding } from './judge-heartbeat.js';
import type { AttestedBuild } from './node.js';
import type { Suspicion } from './recent-runs.js';

/** Characters of a capability hash that the audit shows. */
const HASH_PREFIX_LENGTH = 8;

/** One line of the audit (R-NODE-5). */
export interface AuditRecord {
  readonly event: AuditEvent;
  /** `null` of what is about several nodes. */
  readonly node_id: string | null;
  /** Why a node is suspected or blocked; `null` of every other event. */
  readonly reason: Suspicion | BlockReason | null;
  readonly old_cap_prefix: string | null;
  /** `null` where the node never attested. */
  readonly new_cap_prefix: string | null;
  readonly old_build: string | null;
  readonly new_build: string | null;
  readonly reporter: string;
  readonly remote_addr: string | null;
  /** Of what a policy decides. */
  readonly zone: string | null;
  /** What the operator said, or did it to. */
  readonly detail: string | null;
  /** When the hub found it, in UTC with milliseconds; what a node states about the time orders nothing. */
  readonly ts_utc: string;
}

/** A line that is stored. Numbers count from 1 over all nodes, without a gap, in the order of the commits. */
export interface AuditLine extends AuditRecord {
  readonly number: number;
}

/** What the audit says of a finding. */
export function auditRecordOf(
  report: HeartbeatReport,
  attestation: AttestedBuild,
  { event, old, reason }: Finding,
  atMs: number,
): AuditRecord {
  return {
    event,
    node_id: report.nodeId,
    reason,
    old_cap_prefix: old && auditPrefix(old),
    new_cap_prefix: auditPrefix(attestation),
    old_build: old && visibleBuild(old),
    new_build: visibleBuild(attestation),
    reporter: report.reporter,
    remote_addr: report.remoteAddress,
    ...{ zone: null, detail: null },
    ts_utc: new Date(atMs).toISOString(),
  };
}

/** What the audit tells of a capability hash. */
export function auditPrefix({ capabilityHash }: Pick<AttestedBuild, 'capabilityHash'>): string {
  return capabilityHash.slice(0, HASH_PREFIX_LENGTH);
}

/** A node names its build itself: what reorders or hides text on a screen does not reach the reader of an audit. */
export function visibleBuild({ buildId }: Pick<AttestedBuild, 'buildId'>): string {
  return buildId.replace(/[\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, '\u{fffd}');
}

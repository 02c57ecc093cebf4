import type { AuditEvent } from '@touchstone/contracts';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { Finding } from './judge-heartbeat.js';
import type { AttestedBuild } from './node.js';

/** Characters of a capability hash that the audit shows. */
const HASH_PREFIX_LENGTH = 8;

/** One line of the audit (R-NODE-5). */
export interface AuditRecord {
  readonly event: AuditEvent;
  readonly node_id: string;
  /** Why a node is suspected; `null` of every other event. */
  readonly reason: 'flip-flop' | 'contradictory-runtime' | null;
  readonly old_cap_prefix: string | null;
  readonly new_cap_prefix: string;
  readonly old_build: string | null;
  readonly new_build: string;
  readonly reporter: string;
  readonly remote_addr: string | null;
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
    old_cap_prefix: old && old.capabilityHash.slice(0, HASH_PREFIX_LENGTH),
    new_cap_prefix: attestation.capabilityHash.slice(0, HASH_PREFIX_LENGTH),
    old_build: old && visible(old.buildId),
    new_build: visible(attestation.buildId),
    reporter: report.reporter,
    remote_addr: report.remoteAddress,
    ts_utc: new Date(atMs).toISOString(),
  };
}

/** A node names its build itself: what reorders or hides text on a screen does not reach the reader of an audit. */
function visible(text: string): string {
  return text.replace(/[\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, '\u{fffd}');
}

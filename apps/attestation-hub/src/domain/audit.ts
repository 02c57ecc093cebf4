import type { HeartbeatReport } from './heartbeat-report.js';
import type { AttestedBuild } from './node.js';

/** Characters of a capability hash that the audit shows. */
const HASH_PREFIX_LENGTH = 8;

/** One line of the audit (R-NODE-5). */
export interface AuditRecord {
  readonly event: 'ATTESTATION_FIRST_SEEN';
  readonly node_id: string;
  readonly old_capability_hash: string | null;
  readonly new_capability_hash: string;
  readonly old_build: string | null;
  readonly new_build: string;
  readonly reporter: string;
  readonly remote_addr: string | null;
  /** The time that the node stated, in UTC with milliseconds. */
  readonly ts_utc: string;
}

/** The first attestation of a node. */
export function firstSeenRecord(
  report: HeartbeatReport,
  { buildId, capabilityHash }: AttestedBuild,
): AuditRecord {
  return {
    event: 'ATTESTATION_FIRST_SEEN',
    node_id: report.nodeId,
    old_capability_hash: null,
    new_capability_hash: capabilityHash.slice(0, HASH_PREFIX_LENGTH),
    old_build: null,
    new_build: buildId,
    reporter: report.reporter,
    remote_addr: report.remoteAddress,
    ts_utc: report.tsUtc,
  };
}

import type { JudgedStatus, NodeStatus } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import type { Conduct } from '../domain/conduct.js';
import type { Standing } from '../domain/standing.js';
import type { HistoryEntry, NodeHealth, NodeState, Run, Sighting } from '../domain/node.js';

/** A row of `attestation.node` as the driver reads it. */
export interface NodeRow {
  readonly node_id: string;
  readonly status: JudgedStatus;
  readonly health: NodeHealth;
  readonly first_seen_at: Date | null;
  readonly first_build_id: string | null;
  readonly first_capability_hash: Buffer | null;
  readonly first_runtime: Readonly<Record<string, string>> | null;
  readonly last_seen_at: Date | null;
  readonly last_build_id: string | null;
  readonly last_capability_hash: Buffer | null;
  readonly last_runtime: Readonly<Record<string, string>> | null;
  readonly drift_count: string;
  readonly spoof_count: string;
  readonly last_change_at: Date;
  readonly last_heartbeat_at: Date;
  readonly last_ts_utc: string;
  readonly clock_skew_ms: string;
  readonly reporter: string;
  readonly previous_reporter: string | null;
  readonly reporter_changed_at: Date | null;
  readonly history_length: string;
  readonly heartbeats_refilled_at: Date | null;
  readonly status_changes_refilled_at: Date | null;
  /** `null` in rows of a version that did not know it. */
  readonly reported_health: NodeHealth | null;
  readonly recent_runs: readonly Run[] | null;
  readonly stale_since: Date | null;
  readonly standing: Standing | null;
  readonly signed_key_id: string | null;
  readonly conduct: Conduct | null;
  readonly skew_told_at: Date | null;
  readonly nonce: string | null;
}

/** A row of `attestation.node_history` as the driver reads it. */
export interface HistoryRow {
  readonly number: string;
  readonly at: Date;
  readonly status: NodeStatus;
  readonly health: NodeHealth;
  readonly build_id: string | null;
  readonly capability_hash: Buffer | null;
  readonly runtime: Readonly<Record<string, string>> | null;
  readonly reporter: string;
}

/** The columns of a node with the types in which `jsonb_to_recordset` reads them; hashes travel as hex. */
export const NODE_COLUMNS = `node_id text, status text, health text,
  first_seen_at timestamptz, first_build_id text, first_capability_hash text, first_runtime jsonb,
  last_seen_at timestamptz, last_build_id text, last_capability_hash text, last_runtime jsonb,
  drift_count bigint, spoof_count bigint, last_change_at timestamptz, last_heartbeat_at timestamptz,
  last_ts_utc text, clock_skew_ms bigint, reporter text, previous_reporter text, reporter_changed_at timestamptz,
  history_length bigint, heartbeats_refilled_at timestamptz, status_changes_refilled_at timestamptz, reported_health text,
  recent_runs jsonb, stale_since timestamptz, standing jsonb,
  signed_key_id text, nonce text, conduct jsonb, skew_told_at timestamptz`;

/** A node as a member of the JSON array that a statement takes. */
export function fromNode(node: NodeState): object {
  const { firstSeen, lastSeen, lastHeartbeat, reporter, refills } = node;
  return {
    node_id: node.nodeId,
    status: node.status,
    health: node.health,
    first_seen_at: firstSeen && timeText(firstSeen.atMs),
    first_build_id: firstSeen && firstSeen.buildId,
    first_capability_hash: firstSeen && firstSeen.capabilityHash,
    first_runtime: firstSeen && firstSeen.runtime,
    last_seen_at: lastSeen && timeText(lastSeen.atMs),
    last_build_id: lastSeen && lastSeen.buildId,
    last_capability_hash: lastSeen && lastSeen.capabilityHash,
    last_runtime: lastSeen && lastSeen.runtime,
    drift_count: node.driftCount,
    spoof_count: node.spoofCount,
    last_change_at: timeText(node.lastChangeMs),
    last_heartbeat_at: timeText(lastHeartbeat.atMs),
    last_ts_utc: lastHeartbeat.tsUtc,
    clock_skew_ms: lastHeartbeat.clockSkewMs,
    reporter: reporter.current,
    previous_reporter: reporter.previous,
    reporter_changed_at: reporter.changedAtMs === null ? null : timeText(reporter.changedAtMs),
    history_length: node.historyLength,
    heartbeats_refilled_at: timeText(refills.heartbeatsMs),
    status_changes_refilled_at: timeText(refills.statusChangesMs),
    reported_health: node.reportedHealth,
    recent_runs: node.recentRuns,
    standing: node.standing,
    signed_key_id: node.signedKeyId,
    conduct: node.conduct,
    skew_told_at: node.skewToldMs === 0 ? null : timeText(node.skewToldMs),
    nonce: node.nonce && node.nonce.text,
    stale_since: node.staleSinceMs === null ? null : timeText(node.staleSinceMs),
  };
}

export function toNode(row: NodeRow): NodeState {
  return {
    nodeId: row.node_id,
    status: row.status,
    health: row.health,
    reportedHealth: row.reported_health ?? row.health,
    firstSeen: toSighting(
      row.first_seen_at,
      row.first_build_id,
      row.first_capability_hash,
      row.first_runtime,
    ),
    lastSeen: toSighting(row.last_seen_at, row.last_build_id, row.last_capability_hash, row.last_runtime),
    driftCount: Number(row.drift_count),
    spoofCount: Number(row.spoof_count),
    lastChangeMs: row.last_change_at.getTime(),
    lastHeartbeat: {
      atMs: row.last_heartbeat_at.getTime(),
      tsUtc: row.last_ts_utc,
      clockSkewMs: Number(row.clock_skew_ms),
    },
    reporter: {
      current: row.reporter,
      previous: row.previous_reporter,
      changedAtMs: row.reporter_changed_at && row.reporter_changed_at.getTime(),
    },
    refills: {
      heartbeatsMs: row.heartbeats_refilled_at?.getTime() ?? 0,
      statusChangesMs: row.status_changes_refilled_at?.getTime() ?? 0,
    },
    recentRuns: row.recent_runs ?? [],
    standing: row.standing,
    signedKeyId: row.signed_key_id,
    conduct: row.conduct,
    skewToldMs: row.skew_told_at?.getTime() ?? 0,
    // It was handed out with the answer to the last heartbeat.
    nonce: row.nonce === null ? null : { text: row.nonce, atMs: row.last_heartbeat_at.getTime() },
    staleSinceMs: row.stale_since && row.stale_since.getTime(),
    historyLength: Number(row.history_length),
  };
}

/** An entry as a member of the JSON array that a statement takes. */
export function fromEntry(nodeId: string, entry: HistoryEntry, slot: number): object {
  const { attestation } = entry;
  return {
    node_id: nodeId,
    slot,
    number: entry.number,
    at: timeText(entry.atMs),
    status: entry.status,
    health: entry.health,
    build_id: attestation && attestation.buildId,
    capability_hash: attestation && attestation.capabilityHash,
    runtime: attestation && attestation.runtime,
    reporter: entry.reporter,
  };
}

export function toEntry(row: HistoryRow): HistoryEntry {
  const { build_id: buildId, capability_hash: hash, runtime } = row;
  return {
    number: Number(row.number),
    atMs: row.at.getTime(),
    status: row.status,
    health: row.health,
    attestation:
      buildId === null || hash === null || runtime === null
        ? null
        : { buildId, capabilityHash: bytesToHex(hash), runtime },
    reporter: row.reporter,
  };
}

function toSighting(
  at: Date | null,
  buildId: string | null,
  hash: Buffer | null,
  runtime: Readonly<Record<string, string>> | null,
): Sighting | null {
  if (at === null || buildId === null || hash === null || runtime === null) return null;
  return { atMs: at.getTime(), buildId, capabilityHash: bytesToHex(hash), runtime };
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

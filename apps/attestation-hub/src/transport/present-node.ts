import type { HeartbeatAnswer, NodeAnswer, NodeDetail } from '@touchstone/contracts/http/attestation-hub';
import { freshnessOf, reportedSkew } from '../domain/freshness.js';
import type { Baseline, Governance, Quarantine } from '../domain/governance.js';
import { standingOf } from '../domain/settle-standing.js';
import { isBlocked } from '../domain/standing.js';
import type { Zones } from '../domain/zones.js';
import type { HistoryEntry, NodeState, Sighting } from '../domain/node.js';

/** The answer to a heartbeat. */
export function presentHeartbeat({
  nodeId,
  status,
  health,
  lastHeartbeat,
  signedKeyId,
  nonce,
}: NodeState): HeartbeatAnswer {
  const clockSkewMs = reportedSkew(lastHeartbeat.clockSkewMs);
  return {
    nodeId,
    status,
    health,
    lastSeen: timeText(lastHeartbeat.atMs),
    clockSkewMs,
    nonce: signedKeyId && nonce && nonce.text,
  };
}

/** What is needed to show a node beside what is kept of it. */
export interface Sight {
  readonly nowMs: number;
  readonly staleAfterMs: number;
  readonly zones: Zones;
}

/** A node as it is at a time. */
export function presentNode(
  node: NodeState,
  governance: Governance,
  { nowMs, staleAfterMs, zones }: Sight,
): NodeAnswer {
  const {
    nodeId,
    status: judged,
    health,
    firstSeen,
    lastSeen,
    driftCount,
    spoofCount,
    lastHeartbeat,
    reporter,
  } = node;
  const { ageMs, stale } = freshnessOf(node, nowMs, staleAfterMs);
  const standing = standingOf(node, stale, governance, zones);
  const silentSinceMs = node.staleSinceMs ?? lastHeartbeat.atMs + staleAfterMs;
  return {
    nodeId,
    status: stale ? 'STALE' : judged,
    judged,
    stale,
    ageMs,
    health,
    reportedHealth: node.reportedHealth,
    firstSeen: firstSeen && { ...presentSighting(firstSeen), runtime: { ...firstSeen.runtime } },
    lastSeen: lastSeen && presentSighting(lastSeen),
    driftCount,
    spoofCount,
    lastChange: timeText(stale ? silentSinceMs : node.lastChangeMs),
    lastHeartbeat: {
      at: timeText(lastHeartbeat.atMs),
      tsUtc: lastHeartbeat.tsUtc,
      clockSkewMs: reportedSkew(lastHeartbeat.clockSkewMs),
    },
    ...{ zone: standing.zone, mode: standing.mode, reason: standing.reason },
    blocked: isBlocked(standing),
    quarantine: presentQuarantine(governance.quarantine),
    key: node.signedKeyId,
    reporter: {
      current: reporter.current,
      previous: reporter.previous,
      changedAt: reporter.changedAtMs === null ? null : timeText(reporter.changedAtMs),
    },
  };
}

/** What is right for a node. */
export function presentBaseline({ firstSeenCounts, builds }: Baseline): NodeDetail['baseline'] {
  return { firstSeenCounts, builds: builds.map((build) => ({ ...build })) };
}

export function presentQuarantine(quarantine: Quarantine | null): NodeAnswer['quarantine'] {
  return quarantine && { reason: quarantine.reason, since: timeText(quarantine.sinceMs) };
}

/** One line of a node's history. */
export function presentEntry(entry: HistoryEntry): NodeDetail['history'][number] {
  const { atMs, status, health, attestation, reporter } = entry;
  return {
    at: timeText(atMs),
    status,
    health,
    attestation: attestation && { ...attestation, runtime: { ...attestation.runtime } },
    reporter,
  };
}

function presentSighting({ atMs, buildId, capabilityHash }: Sighting) {
  return { at: timeText(atMs), buildId, capabilityHash };
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

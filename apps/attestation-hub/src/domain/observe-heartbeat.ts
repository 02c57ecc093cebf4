import type { NodeStatus } from '@touchstone/contracts';
import { spendAllowances } from './admit-heartbeat.js';
import { auditRecordOf, type AuditRecord } from './audit.js';
import type { FlipRules } from './flip-rules.js';
import { UNGOVERNED, type Governance } from './governance.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import { judgeHeartbeat, timeOf, type Verdict } from './judge-heartbeat.js';
import {
  toldStatus,
  type HistoryEntry,
  type NodeState,
  type Refills,
  type ReporterState,
  type Sighting,
} from './node.js';
import { noticeSkew } from './notice-skew.js';
import { nonceAfter } from './node-keys.js';
import { isSameAttestation } from './recent-runs.js';
import { settleStanding } from './settle-standing.js';
import type { Standing } from './standing.js';
import { Zones } from './zones.js';

/** A node after one heartbeat, and what follows from it. */
export interface Observation {
  readonly node: NodeState;
  /** The entry that joins the history, `null` when the node said nothing new. */
  readonly entry: HistoryEntry | null;
  /** The status before, where readers of events have to hear of a change; `undefined` where nothing changed for them. */
  readonly previousStatus: NodeStatus | null | undefined;
  readonly audit: readonly AuditRecord[];
  readonly reporterChanged: boolean;
  /** When it was, in milliseconds since 1970. */
  readonly atMs: number;
  /** A new decision of the policy that would have blocked the node under `enforce`. */
  readonly decision: Standing | null;
}

/**
 * Takes one heartbeat into the state of its node. Pure: the store runs it under the lock of the node, so that order is
 * the order of commits and each change is found once, by one replica.
 *
 * @param verdict what the rules make of the heartbeat, for a caller who knows
 */
export function observeHeartbeat(
  known: NodeState | undefined,
  report: HeartbeatReport,
  rules: FlipRules,
  governance: Governance = UNGOVERNED,
  zones: Zones = new Zones(),
  verdict: Verdict = judgeHeartbeat(known, report, rules, governance),
): Observation {
  return settleStanding(known, hear(known, report, verdict), governance, zones);
}

function hear(known: NodeState | undefined, report: HeartbeatReport, verdict: Verdict): Observation {
  const atMs = timeOf(known, report);
  const { finding } = verdict;
  const toldBefore = known && toldStatus(known);
  const statusChanged = toldBefore !== verdict.status;
  const sighting = sightingOf(report, atMs);
  const reporter = nextReporter(known?.reporter, report.reporter, atMs);
  const skew = noticeSkew(known, report, atMs);
  const isNews = known === undefined || saysAnother(known, verdict, report);
  const number = known?.historyLength ?? 0;
  // Member by member: an object of so many that is spread takes kilobytes and several times as long.
  const node: NodeState = {
    nodeId: report.nodeId,
    status: verdict.status,
    staleSinceMs: null,
    health: verdict.health,
    reportedHealth: report.health,
    firstSeen: known?.firstSeen ?? sighting,
    lastSeen: sighting ?? known?.lastSeen ?? null,
    driftCount: verdict.driftCount,
    spoofCount: verdict.spoofCount,
    lastChangeMs: statusChanged || known === undefined ? atMs : known.lastChangeMs,
    lastHeartbeat: { atMs, tsUtc: report.tsUtc, clockSkewMs: report.clockSkewMs },
    reporter,
    refills: nextRefills(known, report, verdict),
    recentRuns: verdict.recentRuns,
    standing: known?.standing ?? null,
    conduct: verdict.conduct,
    skewToldMs: skew === undefined ? (known?.skewToldMs ?? 0) : atMs,
    signedKeyId: report.signedBy?.keyId ?? null,
    nonce: nextNonce(known, report, atMs),
    historyLength: isNews ? number + 1 : number,
  };
  return {
    node,
    entry: isNews ? entryOf(node, number, report) : null,
    previousStatus: statusChanged ? (toldBefore ?? null) : undefined,
    audit: recordsOf(
      finding && report.attestation && auditRecordOf(report, report.attestation, finding, atMs),
      skew,
    ),
    reporterChanged: reporter.changedAtMs !== null && reporter !== known?.reporter,
    atMs,
    decision: null,
  };
}

const NOTHING: readonly AuditRecord[] = [];

function recordsOf(found: AuditRecord | null, skew: AuditRecord | undefined): readonly AuditRecord[] {
  if (found === null && skew === undefined) return NOTHING;
  return [found, skew].filter((record) => record != null);
}

function sightingOf({ attestation }: HeartbeatReport, atMs: number): Sighting | null {
  if (attestation === null) return null;
  const { buildId, capabilityHash, runtime } = attestation;
  return { buildId, capabilityHash, runtime, atMs };
}

function entryOf(
  { status, health, lastHeartbeat: { atMs } }: NodeState,
  number: number,
  { attestation, reporter }: HeartbeatReport,
): HistoryEntry {
  return { number, atMs, status, health, attestation, reporter };
}

function nextNonce(known: NodeState | undefined, { signedBy, random = '' }: HeartbeatReport, atMs: number) {
  return signedBy ? { text: nonceAfter(signedBy.nonce, random), atMs } : (known?.nonce ?? null);
}

function nextRefills(known: NodeState | undefined, report: HeartbeatReport, verdict: Verdict): Refills {
  const spent = spendAllowances(known, report, verdict);
  // Whether it is refused is asked before; here nothing is left to take.
  return 'waitMs' in spent ? (known?.refills ?? { heartbeatsMs: 0, statusChangesMs: 0 }) : spent;
}

function nextReporter(known: ReporterState | undefined, current: string, atMs: number): ReporterState {
  if (known === undefined) return { current, previous: null, changedAtMs: null };
  if (known.current === current) return known;
  return { current, previous: known.current, changedAtMs: atMs };
}

function saysAnother(
  known: NodeState,
  next: Pick<NodeState, 'status' | 'health'>,
  { attestation, reporter }: HeartbeatReport,
): boolean {
  if (toldStatus(known) !== next.status || known.health !== next.health) return true;
  if (known.reporter.current !== reporter) return true;
  if (attestation === null) return false;
  return known.lastSeen === null || !isSameAttestation(known.lastSeen, attestation);
}

import { hex32, nodeStatuses, reportHeartbeat, timestampMs } from '@touchstone/contracts';
import { z } from 'zod';
import { freshnessOf, reportedSkew } from '../../domain/freshness.js';
import type { HistoryEntry, NodeState, Sighting } from '../../domain/node.js';

const skew = z
  .number()
  .int()
  .nullable()
  .describe('Stated time minus receive time, where it is more than five minutes; null otherwise.');

/** The answer to a heartbeat over HTTP: that of the bus and the clock skew. */
export const heartbeatAnswer = reportHeartbeat.response.extend({ clockSkewMs: skew });
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswer>;

const runtime = z.record(z.string(), z.string());
const seen = z.strictObject({ at: timestampMs, buildId: z.string(), capabilityHash: hex32 });

/** A node as it was when it was asked for. */
export const nodeAnswer = z.strictObject({
  nodeId: z.string(),
  status: z.enum(nodeStatuses),
  stale: z.boolean().describe('No heartbeat came for longer than the limit.'),
  ageMs: z.number().int().min(0).describe('Milliseconds since the last heartbeat of any kind.'),
  health: z.string().describe('What the node last reported.'),
  firstSeen: seen.extend({ runtime }).nullable().describe('The first attestation.'),
  lastSeen: seen.nullable().describe('The last attestation.'),
  driftCount: z.number().int().min(0),
  spoofCount: z.number().int().min(0),
  lastChange: timestampMs.describe('When the status last changed.'),
  lastHeartbeat: z.strictObject({ at: timestampMs, tsUtc: z.string(), clockSkewMs: skew }),
  reporter: z.strictObject({
    current: z.string().describe('Who brought the last heartbeat: a service, or http.'),
    previous: z.string().nullable(),
    changedAt: timestampMs.nullable(),
  }),
});
export type NodeAnswer = z.infer<typeof nodeAnswer>;

const historyEntry = z.strictObject({
  at: timestampMs,
  status: z.enum(nodeStatuses),
  health: z.string(),
  attestation: z.strictObject({ buildId: z.string(), capabilityHash: hex32, runtime }).nullable(),
  reporter: z.string(),
});

/** A node with what it said over time. */
export const nodeDetail = nodeAnswer.extend({
  history: z.array(historyEntry).describe('What the node said from each time on, the newest first; bounded.'),
});
export type NodeDetail = z.infer<typeof nodeDetail>;

/** A page of nodes. */
export const nodePage = z.strictObject({
  nodes: z.array(nodeAnswer),
  nextCursor: z.string().nullable().describe('The cursor of the next page, null on the last one.'),
});
export type NodePage = z.infer<typeof nodePage>;

export function presentHeartbeat({ nodeId, status, health, lastHeartbeat }: NodeState): HeartbeatAnswer {
  const clockSkewMs = reportedSkew(lastHeartbeat.clockSkewMs);
  return { nodeId, status, health, lastSeen: timeText(lastHeartbeat.atMs), clockSkewMs };
}

export function presentNode(node: NodeState, nowMs: number, staleAfterMs: number): NodeAnswer {
  const { nodeId, status, health, firstSeen, lastSeen, driftCount, spoofCount, lastHeartbeat, reporter } =
    node;
  const { ageMs, stale } = freshnessOf(node, nowMs, staleAfterMs);
  return {
    nodeId,
    status,
    stale,
    ageMs,
    health,
    firstSeen: firstSeen && { ...presentSighting(firstSeen), runtime: { ...firstSeen.runtime } },
    lastSeen: lastSeen && presentSighting(lastSeen),
    driftCount,
    spoofCount,
    lastChange: timeText(node.lastChangeMs),
    lastHeartbeat: {
      at: timeText(lastHeartbeat.atMs),
      tsUtc: lastHeartbeat.tsUtc,
      clockSkewMs: reportedSkew(lastHeartbeat.clockSkewMs),
    },
    reporter: {
      current: reporter.current,
      previous: reporter.previous,
      changedAt: reporter.changedAtMs === null ? null : timeText(reporter.changedAtMs),
    },
  };
}

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

import { z } from 'zod';
import { auditEvents, healthValues, judgedStatuses, nodeId, nodeStatuses } from '../messages/attestation.js';
import { reportHeartbeat } from '../rpc/attestation.js';
import { hex32, timestampMs } from '../schemas/primitives.js';

const skew = z
  .number()
  .int()
  .nullable()
  .describe('Stated time minus receive time, where it is more than five minutes; null otherwise.');

/** The answer to a heartbeat over HTTP: that of the bus and the clock skew. */
export const heartbeatAnswer = reportHeartbeat.response.extend({ clockSkewMs: skew });
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswer>;

/** Most nodes on one page. */
export const NODES_PAGE_MAX = 100;
const NODES_PAGE_DEFAULT = 20;

/** The query of `GET /v1/nodes`. */
export const nodesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(NODES_PAGE_MAX).default(NODES_PAGE_DEFAULT),
  cursor: nodeId.optional(),
  status: z.enum(nodeStatuses).optional(),
});
export type NodesQuery = z.output<typeof nodesQuery>;

const runtime = z.record(z.string(), z.string());
const seen = z.strictObject({ at: timestampMs, buildId: z.string(), capabilityHash: hex32 });

/** A node as it was when it was asked for. */
export const nodeAnswer = z.strictObject({
  nodeId: z.string(),
  status: z.enum(nodeStatuses),
  judged: z
    .enum(judgedStatuses)
    .describe('What the last heartbeat made of the node; the status of a node that is not STALE.'),
  stale: z.boolean().describe('No heartbeat came for longer than the limit; the status is STALE.'),
  ageMs: z.number().int().min(0).describe('Milliseconds since the last heartbeat of any kind.'),
  health: z
    .string()
    .describe(
      'What the node last reported, but YELLOW where that was GREEN and the status is DRIFT or SPOOF_SUSPECT.',
    ),
  reportedHealth: z.enum(healthValues).describe('What the node itself last reported.'),
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

/** The answer to the removal of a node. */
export const removedNode = z.strictObject({ nodeId: z.string() });
export type RemovedNode = z.infer<typeof removedNode>;

/** A page of nodes. */
export const nodePage = z.strictObject({
  nodes: z.array(nodeAnswer),
  nextCursor: z.string().nullable().describe('The cursor of the next page, null on the last one.'),
});
export type NodePage = z.infer<typeof nodePage>;

/** Most lines of the audit on one page. */
export const AUDIT_PAGE_MAX = 1_000;
const AUDIT_PAGE_DEFAULT = 100;

/** The query of `GET /v1/audit`. */
export const auditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(AUDIT_PAGE_MAX).default(AUDIT_PAGE_DEFAULT),
  cursor: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe('The number of the last line that is known; lines after it follow.'),
  node: nodeId.optional(),
  event: z.enum(auditEvents).optional(),
});
export type AuditQuery = z.output<typeof auditQuery>;

/** One line of the audit, as `GET /v1/audit` and standard output have it. */
export const auditLine = z.strictObject({
  audit: z.literal(true),
  number: z.number().int().min(1).describe('Counts from 1 without a gap; it is the cursor of what follows.'),
  event: z.enum(auditEvents),
  node_id: z.string(),
  reason: z
    .enum(['flip-flop', 'contradictory-runtime'])
    .nullable()
    .describe('Why a spoof is suspected; null of other events.'),
  old_cap_prefix: z.string().nullable().describe('The first eight characters of the capability hash before.'),
  new_cap_prefix: z.string().nullable().describe('null where the node never attested.'),
  old_build: z.string().nullable(),
  new_build: z.string().nullable(),
  reporter: z.string().describe('Who brought the last heartbeat: a service, or http.'),
  remote_addr: z.string().nullable().describe('The other end of the connection; null on the bus.'),
  ts_utc: timestampMs.describe('When the hub found it.'),
});
export type AuditLine = z.infer<typeof auditLine>;

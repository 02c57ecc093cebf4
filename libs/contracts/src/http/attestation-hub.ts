import { z } from 'zod';
import {
  attestation,
  auditEvents,
  blockReasons,
  healthValues,
  judgedStatuses,
  nodeId,
  nodeNonce,
  nodeSignature,
  nodeStatuses,
  zoneModes,
  zoneName,
} from '../messages/attestation.js';
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
  zone: zoneName,
  mode: z.enum(zoneModes).describe('What the policy of the zone does.'),
  quarantine: z.strictObject({ reason: z.string(), since: timestampMs }).nullable(),
  blocked: z.boolean().describe('The outputs of the node must not be signed now.'),
  reason: z
    .enum(blockReasons)
    .nullable()
    .describe(
      'Why it is blocked, or would be if the mode were enforce; null where nothing speaks against it.',
    ),
  key: hex32
    .nullable()
    .describe('The id of the key that signed the last heartbeat; null of an unsigned one.'),
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

const build = z.strictObject({ buildId: attestation.shape.build_id, capabilityHash: hex32 });

/** Most builds of one node that are right beside the first one. */
export const BASELINES_PER_NODE_MAX = 16;

const baseline = z.strictObject({
  firstSeenCounts: z.boolean().describe('Whether the first attestation is right; false after a rollout.'),
  builds: z.array(build).max(BASELINES_PER_NODE_MAX).describe('Builds that are right beside it.'),
});

/** A node with what is right for it, and what it said over time. */
export const nodeDetail = nodeAnswer.extend({
  baseline,
  rollouts: z.array(z.string()).describe('Names of the rollouts that it is part of now.'),
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
  node_id: z.string().nullable().describe('null of what is about several nodes.'),
  reason: z
    .enum(['flip-flop', 'contradictory-runtime', 'two-machines', ...blockReasons])
    .nullable()
    .describe('Why a spoof is suspected, or a node is or would be blocked; null of other events.'),
  old_cap_prefix: z.string().nullable().describe('The first eight characters of the capability hash before.'),
  new_cap_prefix: z.string().nullable().describe('null where the node never attested.'),
  old_build: z.string().nullable(),
  new_build: z.string().nullable(),
  reporter: z.string().describe('Who brought the last heartbeat, a service or http; or operator.'),
  remote_addr: z.string().nullable().describe('The other end of the connection; null on the bus.'),
  zone: z.string().nullable().describe('Of what a policy decides.'),
  detail: z.string().nullable().describe('What the operator said, or did it to.'),
  ts_utc: timestampMs.describe('When the hub found it.'),
});
export type AuditLine = z.infer<typeof auditLine>;

/** A build that its operator calls right for a node, or the one that it says now. */
export const baselineRequest = z.union([build, z.strictObject({ current: z.literal(true) })]);
export type BaselineRequest = z.infer<typeof baselineRequest>;
/** What is right for the node then. */
export const baselineAnswer = baseline.extend({ nodeId: z.string() });
export type BaselineAnswer = z.infer<typeof baselineAnswer>;

/** Most characters of why a node is quarantined. */
export const QUARANTINE_REASON_CHARACTERS_MAX = 256;
const plainText = z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'has a character that cannot be seen.');
export const quarantineRequest = z.strictObject({
  reason: plainText.max(QUARANTINE_REASON_CHARACTERS_MAX).default(''),
});
export type QuarantineRequest = z.output<typeof quarantineRequest>;
/** Whether the node is quarantined then; and whether it is blocked for whatever reason. */
export const quarantineAnswer = z.strictObject({
  nodeId: z.string(),
  quarantine: z.strictObject({ reason: z.string(), since: timestampMs }).nullable(),
  blocked: z.boolean(),
});
export type QuarantineAnswer = z.infer<typeof quarantineAnswer>;

/** Most nodes that are named one by one. */
export const SELECTED_NODES_MAX = 256;
/** What names of nodes begin with. */
export const nodePrefix = z.string().regex(/^[A-Za-z0-9._:-]{0,128}$/, 'is no beginning of a node id.');
const nodeList = z.array(nodeId).min(1).max(SELECTED_NODES_MAX);

/** Longest window of a rollout in seconds: a week. */
export const ROLLOUT_SECONDS_MAX = 604_800;
/** The name that an operator gives to a rollout. */
export const rolloutName = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'Expected 1 to 64 of A–Z a–z 0–9 . _ : -.');
const rolloutOf = { ...build.shape, prefix: nodePrefix.min(1).optional(), nodes: nodeList.optional() };

/** A rollout that begins now. */
export const rolloutRequest = z
  .strictObject({
    ...rolloutOf,
    seconds: z.int().min(1).max(ROLLOUT_SECONDS_MAX).describe('How long it may take.'),
  })
  .refine(({ prefix, nodes }) => (prefix === undefined) !== (nodes === undefined), {
    message: 'Expected either prefix or nodes.',
  });
export type RolloutRequest = z.infer<typeof rolloutRequest>;

export const rolloutStates = ['open', 'completed', 'cancelled'] as const;
export type RolloutState = (typeof rolloutStates)[number];

/** A rollout as it is kept. */
export const rolloutAnswer = z.strictObject({
  ...{ name: rolloutName, ...rolloutOf, state: z.enum(rolloutStates) },
  ...{ startedAt: timestampMs, endsAt: timestampMs },
  closedAt: timestampMs.nullable().describe('When it was completed or cancelled; null of one that is open.'),
});
export type RolloutAnswer = z.infer<typeof rolloutAnswer>;

export const rolloutEnd = z.strictObject({
  outcome: z
    .enum(['completed', 'cancelled'])
    .describe('completed: only the new build is right from now on; cancelled: what was right before.'),
});
export type RolloutEnd = z.infer<typeof rolloutEnd>;

/** Most rollouts on one page. */
export const ROLLOUTS_PAGE_MAX = 100;
export const rolloutsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(ROLLOUTS_PAGE_MAX).default(NODES_PAGE_DEFAULT),
  cursor: rolloutName.optional(),
  state: z.enum(rolloutStates).optional(),
});
export type RolloutsQuery = z.output<typeof rolloutsQuery>;
export const rolloutPage = z.strictObject({
  rollouts: z.array(rolloutAnswer),
  nextCursor: z.string().nullable(),
});
export type RolloutPage = z.infer<typeof rolloutPage>;

/** Longest time in seconds in which a join token may be used: a week. */
export const JOIN_TOKEN_SECONDS_MAX = 604_800;
export const joinTokenRequest = z.strictObject({
  nodeId: nodeId.describe('The node whose key is registered with it.'),
  seconds: z.int().min(1).max(JOIN_TOKEN_SECONDS_MAX).default(3_600).describe('How long it may be used.'),
});
export type JoinTokenRequest = z.output<typeof joinTokenRequest>;
export const joinTokenAnswer = z.strictObject({
  nodeId: z.string(),
  token: z.string().describe('Shown once; the hub keeps its hash alone.'),
  expiresAt: timestampMs,
});
export type JoinTokenAnswer = z.infer<typeof joinTokenAnswer>;

/** `POST /v1/nodes/join`: a node registers its key. */
export const joinRequest = z.strictObject({
  token: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'is no join token.'),
  node_id: nodeId,
  public_key: hex32.describe('An Ed25519 public key (RFC 8032).'),
  proof: nodeSignature.describe(
    'By the new key, over touchstone.join.v1| and the canonical form of the other members.',
  ),
});
export type JoinRequest = z.infer<typeof joinRequest>;

/** `POST /v1/nodes/{id}/keys`: a node replaces its key. */
export const rotationRequest = z.strictObject({
  key_id: hex32.describe('The key that is replaced.'),
  public_key: hex32.describe('The new one.'),
  nonce: nodeNonce.describe('Of the last answer; it is used up.'),
  proof: nodeSignature.describe(
    'By the new key, over touchstone.rotate.v1| and the canonical form of node_id and the other members.',
  ),
  signature: nodeSignature.describe('By the old key, over the same.'),
});
export type RotationRequest = z.infer<typeof rotationRequest>;

/** A registered key, and what the next heartbeat has to sign. */
export const keyAnswer = z.strictObject({ nodeId: z.string(), keyId: hex32, nonce: nodeNonce });
export type KeyAnswer = z.infer<typeof keyAnswer>;
export const nonceAnswer = z.strictObject({ nodeId: z.string(), nonce: nodeNonce });
export type NonceAnswer = z.infer<typeof nonceAnswer>;
export const revokedKey = z.strictObject({ nodeId: z.string(), keyId: hex32 });
export type RevokedKey = z.infer<typeof revokedKey>;

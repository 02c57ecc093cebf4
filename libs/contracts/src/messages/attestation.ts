import { z } from 'zod';
import { hex32, slug, timestampMs } from '../schemas/primitives.js';
import { statedUtcTime } from '../schemas/times.js';

export const healthValues = ['GREEN', 'YELLOW', 'RED', 'DEAD'] as const;

/** Unicode's control characters (Cc), written so that every reader of the OpenAPI document understands the pattern. */
const CONTROL = '\\u0000-\\u001f\\u007f-\\u009f';
/** Control characters would draw on the terminal of whoever reads the audit; NUL cannot be stored. */
const printable = z.string().regex(new RegExp(`^[^${CONTROL}]*$`), 'has a control character.');

/** Most members of `attestation.runtime`. */
export const RUNTIME_MEMBERS_MAX = 32;

/** What a node says about itself (R-NODE-1). */
export const attestation = z.strictObject({
  schema: z.literal('attestation_v1'),
  build_id: printable.min(1).max(256),
  capability_hash: hex32,
  runtime: z
    .record(printable.max(32), printable.max(128))
    .refine((runtime) => Object.keys(runtime).length <= RUNTIME_MEMBERS_MAX, {
      message: `has more than ${RUNTIME_MEMBERS_MAX} members.`,
    })
    .meta({ maxProperties: RUNTIME_MEMBERS_MAX }),
});
export type Attestation = z.infer<typeof attestation>;

/**
 * The name of a node. `heartbeat` and `join` are none: `/v1/nodes/heartbeat` takes heartbeats and `/v1/nodes/join` keys, so that nobody
 * could ask for those nodes.
 */
export const nodeId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,128}$/, { message: 'Expected 1 to 128 of A–Z a–z 0–9 . _ : -.' })
  .refine((id) => id !== 'heartbeat' && id !== 'join', { message: 'is a path of its own.' });

/** A number that the hub hands out, for one signed heartbeat or one rotation: how many there were, and 128 random bits. */
export const nodeNonce = z.string().regex(/^[1-9][0-9]{0,14}\.[0-9a-f]{32}$/, 'is no nonce of the hub.');
/** An Ed25519 signature as 64 bytes in lower-case hex. */
export const nodeSignature = z.string().regex(/^[0-9a-f]{128}$/, 'expected 128 lower-case hex characters');

/** Who signed a heartbeat: `value` is over `touchstone.heartbeat.v1|` and the heartbeat without it in canonical form (RFC 8785). */
export const heartbeatSignature = z.strictObject({
  /** SHA-256 of the 32 bytes of the public key. */
  key_id: hex32,
  nonce: nodeNonce,
  value: nodeSignature,
});
export type HeartbeatSignature = z.infer<typeof heartbeatSignature>;

/** A heartbeat; one without `attestation` makes the node MISSING and leaves its health alone. */
export const heartbeat = z.strictObject({
  node_id: nodeId,
  health: z.enum(healthValues),
  ts_utc: statedUtcTime,
  attestation: attestation.optional(),
  /** Of one start of the process; another one after each. */
  boot_id: printable.min(1).max(64).optional(),
  /** Rises with each heartbeat of one start. */
  sequence: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  signature: heartbeatSignature.optional(),
});
export type Heartbeat = z.infer<typeof heartbeat>;

/** What a heartbeat makes of its node (R-NODE-4). */
export const judgedStatuses = ['OK', 'DRIFT', 'SPOOF_SUSPECT', 'MISSING'] as const;
export type JudgedStatus = (typeof judgedStatuses)[number];

/** The same, and STALE for a node that has been silent for too long, whatever its last heartbeat made of it. */
export const nodeStatuses = [...judgedStatuses, 'STALE'] as const;
export type NodeStatus = (typeof nodeStatuses)[number];

/** Why the outputs of a node must not be signed, the first one that holds. */
export const blockReasons = [
  'quarantined',
  'spoof-suspect',
  'drift',
  'missing',
  'stale',
  'unsigned',
] as const;
export type BlockReason = (typeof blockReasons)[number];

/** The name of a zone of nodes. */
export const zoneName = slug;

/** What the policy of a zone does: counts, tells as well, or blocks. */
export const zoneModes = ['observe', 'warn', 'enforce'] as const;
export type ZoneMode = (typeof zoneModes)[number];

/** What the policy of a zone looks at. A quarantined node is always looked at. */
export const zoneRules = ['SPOOF_SUSPECT', 'DRIFT', 'MISSING', 'STALE', 'UNSIGNED'] as const;
export type ZoneRule = (typeof zoneRules)[number];

/** What the audit of the hub tells (R-NODE-5). */
export const auditEvents = [
  'ATTESTATION_FIRST_SEEN',
  'ATTESTATION_DRIFT',
  'ATTESTATION_SPOOF_SUSPECT',
  'ATTESTATION_STALE',
  'ATTESTATION_CLOCK_SKEW',
  'ATTESTATION_BASELINE_APPROVED',
  'ATTESTATION_ROLLOUT_STARTED',
  'ATTESTATION_ROLLOUT_COMPLETED',
  'ATTESTATION_ROLLOUT_CANCELLED',
  'ATTESTATION_QUARANTINED',
  'ATTESTATION_RELEASED',
  'ATTESTATION_WOULD_BLOCK',
  'ATTESTATION_BLOCKED',
  'ATTESTATION_UNBLOCKED',
  'ATTESTATION_JOIN_TOKEN_MADE',
  'ATTESTATION_KEY_REGISTERED',
  'ATTESTATION_KEY_ROTATED',
  'ATTESTATION_KEY_REVOKED',
] as const;
export type AuditEvent = (typeof auditEvents)[number];

/** `evt.v1.attestation.node.changed`: the status of a node changed, or whether it is quarantined or blocked. */
export const nodeChanged = z.strictObject({
  nodeId: z.string().max(128),
  status: z.enum(nodeStatuses),
  /** The status before; null for a node that was not known, the same where something else changed. */
  previous: z.enum(nodeStatuses).nullable(),
  changedAt: timestampMs,
  // A hub of an older version, which blocked nobody, left events without these members in its outbox.
  zone: zoneName.default('default'),
  quarantined: z.boolean().default(false),
  /** Under the policy of its zone the outputs of the node must not be signed now. */
  blocked: z.boolean().default(false),
});
export type NodeChanged = z.infer<typeof nodeChanged>;

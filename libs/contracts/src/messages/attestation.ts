import { z } from 'zod';
import { hex32, timestampMs } from '../schemas/primitives.js';

export const healthValues = ['GREEN', 'YELLOW', 'RED', 'DEAD'] as const;

/** What a node says about itself (R-NODE-1). */
export const attestation = z.strictObject({
  schema: z.literal('attestation_v1'),
  build_id: z.string().min(1).max(256),
  capability_hash: hex32,
  runtime: z.record(z.string().max(32), z.string().max(128)),
});
export type Attestation = z.infer<typeof attestation>;

/** A heartbeat; one without `attestation` makes the node MISSING and leaves its health alone. */
export const heartbeat = z.strictObject({
  node_id: z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/),
  health: z.enum(healthValues),
  ts_utc: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z$/),
  attestation: attestation.optional(),
});
export type Heartbeat = z.infer<typeof heartbeat>;

export const nodeStatuses = ['OK', 'DRIFT', 'SPOOF_SUSPECT', 'MISSING'] as const;
export type NodeStatus = (typeof nodeStatuses)[number];

/** `evt.v1.attestation.node.changed`: the stored status of a node changed. */
export const nodeChanged = z.strictObject({
  nodeId: z.string().max(128),
  status: z.enum(nodeStatuses),
  previous: z.enum(nodeStatuses).nullable(),
  changedAt: timestampMs,
});
export type NodeChanged = z.infer<typeof nodeChanged>;

import { z } from 'zod';
import { heartbeat, nodeStatuses } from '../messages/attestation.js';

/** Reports a heartbeat; the answer is what the hub now holds about the node. */
export const reportHeartbeat = {
  request: heartbeat,
  response: z.strictObject({
    nodeId: z.string(),
    status: z.enum(nodeStatuses),
    health: z.string(),
    lastSeen: z.string(),
  }),
} as const;

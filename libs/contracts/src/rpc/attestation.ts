import { z } from 'zod';
import { blockReasons, heartbeat, judgedStatuses, nodeNonce } from '../messages/attestation.js';
import { timestampMs } from '../schemas/primitives.js';

/** Reports a heartbeat; the answer is what the hub now holds about the node. */
export const reportHeartbeat = {
  request: heartbeat,
  response: z.strictObject({
    nodeId: z.string(),
    status: z.enum(judgedStatuses),
    health: z.string(),
    lastSeen: z.string(),
    nonce: nodeNonce
      .nullable()
      .optional()
      .describe('What the next heartbeat has to sign; null or left out of a node without a key.'),
  }),
} as const;

/** Most nodes that one answer of `standing` names: at the longest names, less than a message may have. */
export const STANDING_NODES_MAX = 4_096;

/**
 * Asks which nodes are blocked now. The answer is complete, so that a signer which was away, or to which an event did not come,
 * knows all: whoever is not named is not blocked. Where more nodes are blocked than one answer names, it is an error.
 */
export const nodeStanding = {
  request: z.strictObject({}),
  response: z.strictObject({
    /** When the hub looked. */
    at: timestampMs,
    blocked: z
      .array(z.strictObject({ nodeId: z.string().min(1).max(128), reason: z.enum(blockReasons) }))
      .max(STANDING_NODES_MAX),
  }),
} as const;

import { z } from 'zod';
import { zkProof } from '../circuit/descriptor.js';
import { timestampMs, uuidV7 } from '../schemas/primitives.js';

/**
 * `evt.v1.proving.execution.proved`: that a model gave an output was proved, and paid for (or free). It becomes the side part
 * `zk` of the evidence (protocol section 11); the first proof of an output stays.
 */
export const executionProved = z.strictObject({
  verificationId: uuidV7,
  zk: zkProof,
  provedAt: timestampMs,
});
export type ExecutionProved = z.infer<typeof executionProved>;

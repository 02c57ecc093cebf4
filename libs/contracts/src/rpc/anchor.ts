import { z } from 'zod';
import { caip2, decimal, hex32 } from '../schemas/primitives.js';

/**
 * Asks where a chain stands that checkpoints are anchored on, and for one of its blocks. `not-found` for a network that the
 * anchor-worker does not follow, or whose kind has no blocks.
 */
export const chainBlock = {
  request: z.strictObject({ network: caip2, block: decimal }),
  response: z.strictObject({
    /** Number of the newest block. */
    head: decimal,
    /** Hash of the block once it is final; null before. */
    finalHash: hex32.nullable(),
  }),
} as const;

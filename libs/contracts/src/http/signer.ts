import type { z } from 'zod';
import { keySetQuery } from '../rpc/signer.js';

// Over HTTP the signer takes and answers what it takes and answers over the mesh: `rpcSchemas.signer`. What clients read by HTTP alone:

/** The public keys with their states. */
export const keySetAnswer = keySetQuery.response;
export type KeySetAnswer = z.infer<typeof keySetAnswer>;

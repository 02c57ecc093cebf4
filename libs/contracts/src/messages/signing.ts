import { z } from 'zod';
import { keySet } from '../schemas/keys.js';

/** `evt.v1.signing.key-set.changed`: a new version of the key set; becomes a log entry. */
export const keySetChanged = z.strictObject({ keySet });
export type KeySetChanged = z.infer<typeof keySetChanged>;

import type { databaseKeys, natsKeys, serviceKeys } from '@touchstone/platform/config';
import type { z } from 'zod';

type SharedKeys = ReturnType<typeof serviceKeys> &
  ReturnType<typeof natsKeys> &
  ReturnType<typeof databaseKeys>;

/**
 * The configuration that every service has: spread `serviceKeys`, `natsKeys` and `databaseKeys`. The node is that of `nodeKeys`,
 * for those that spread them.
 */
export type SharedConfig = z.output<z.ZodObject<SharedKeys>> & {
  readonly TOUCHSTONE_NODE_ID?: string | undefined;
};

/** The schema of a service's configuration: the shared keys and its own. */
export type ServiceSchema = z.ZodObject<SharedKeys & Readonly<Record<string, z.ZodType>>>;

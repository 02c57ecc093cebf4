import { databaseKeys, integerKey, natsKeys, secret, serviceKeys } from '@touchstone/platform/config';
import { callerTokens } from '@touchstone/platform/http';
import { z } from 'zod';

/** Configuration of the attestation hub. */
export const configSchema = z.object({
  ...serviceKeys('attestation-hub'),
  ...natsKeys('attestation-hub'),
  ...databaseKeys(),
  TOUCHSTONE_STALE_AFTER_MS: integerKey(1_000, 86_400_000)
    .default(50_000)
    .describe(
      'Milliseconds without a heartbeat after which a node is shown as stale; five heartbeats of 10 s.',
    ),
  TOUCHSTONE_HEARTBEAT_TOKENS: secret(z.union([z.literal('off'), callerTokens()]).optional()).describe(
    'Bearer tokens of the nodes that post heartbeats, as a JSON object of node ids and tokens. Without it no heartbeat is taken over ' +
      'HTTP; `off` takes everybody’s, for a network in which nobody is a stranger.',
  ),
  TOUCHSTONE_NODES_MAX: integerKey(1, 1_000_000)
    .default(10_000)
    .describe(
      'Most nodes that are kept; heartbeats of further nodes are refused, because anybody can invent names.',
    ),
});
export type Config = z.output<typeof configSchema>;

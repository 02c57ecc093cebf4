import { BATCH_LEAVES_MAX } from '@touchstone/contracts';
import {
  databaseKeys,
  integerKey,
  jsonKey,
  natsKeys,
  nodeKeys,
  secret,
  serviceKeys,
} from '@touchstone/platform/config';
import { z } from 'zod';
import { ANCHOR_TARGETS_MAX, targetList } from './targets/index.js';

/** Fewest seconds between two batches of a model version. */
export const ANCHOR_INTERVAL_SEC_MIN = 0.01;
/** Most seconds that a leaf may wait for its batch. */
export const ANCHOR_INTERVAL_SEC_MAX = 86_400;

/** Fewest database connections: two stage locks, a transaction for each, and one for the consumers. */
export const DATABASE_POOL_MIN = 5;

const intervalSeconds = z
  .string()
  .regex(/^\d{1,5}(?:\.\d{1,3})?$/, { message: 'Expected seconds with at most three decimals.' })
  .transform(Number)
  .pipe(z.number().min(ANCHOR_INTERVAL_SEC_MIN).max(ANCHOR_INTERVAL_SEC_MAX))
  .meta({ type: `seconds ${ANCHOR_INTERVAL_SEC_MIN} to ${ANCHOR_INTERVAL_SEC_MAX}` });

/** The configuration of the anchor-worker. It has no key: the signer signs checkpoints and transactions. */
export const configSchema = z
  .object({
    ...serviceKeys('anchor-worker'),
    ...natsKeys('anchor-worker'),
    ...nodeKeys('anchor-worker'),
    ...databaseKeys(),
    ANCHOR_MODE: z
      .enum(['synthetic', 'advanced'])
      .default('synthetic')
      .describe(
        'synthetic keeps roots here and reports nothing as anchored; advanced anchors them at the targets.',
      ),
    ANCHOR_INTERVAL_SEC: intervalSeconds
      .default(60)
      .describe('Seconds, decimals allowed, after which the oldest waiting leaf gets its batch.'),
    ANCHOR_BATCH_MAX: integerKey(1, BATCH_LEAVES_MAX)
      .default(1000)
      .describe('Leaves of one batch; a full one is sealed at once.'),
    TOUCHSTONE_LOG_ORIGIN: z.string().min(1).max(255).describe('Origin of the transparency log.'),
    TOUCHSTONE_ANCHOR_TARGETS: secret(jsonKey(targetList, 'JSON list').optional()).describe(
      `Networks that checkpoints are anchored on, each once, at most ${ANCHOR_TARGETS_MAX}; needed for advanced. URLs often carry access keys.`,
    ),
  })
  .superRefine((config, context) => {
    if (config.TOUCHSTONE_DATABASE_POOL_MAX < DATABASE_POOL_MIN) {
      const message = `Expected at least ${DATABASE_POOL_MIN}: two stages hold a connection each while they work.`;
      context.addIssue({ code: 'custom', path: ['TOUCHSTONE_DATABASE_POOL_MAX'], message });
    }
    if (config.ANCHOR_MODE !== 'advanced') return;
    if ((config.TOUCHSTONE_ANCHOR_TARGETS ?? []).length > 0) return;
    const message = 'needs a target at least for ANCHOR_MODE=advanced.';
    context.addIssue({ code: 'custom', path: ['TOUCHSTONE_ANCHOR_TARGETS'], message });
  });

/** The parsed configuration. */
export type Config = z.output<typeof configSchema>;

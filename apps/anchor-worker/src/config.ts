import { BATCH_LEAVES_MAX, derText, evmAddress, tsaNetwork } from '@touchstone/contracts';
import { databaseKeys, integerKey, natsKeys, secret, serviceKeys } from '@touchstone/platform/config';
import { z } from 'zod';

/** Fewest seconds between two batches of a model version. */
export const ANCHOR_INTERVAL_SEC_MIN = 0.01;
/** Most seconds that a leaf may wait for its batch. */
export const ANCHOR_INTERVAL_SEC_MAX = 86_400;

/** Fewest database connections: two stage locks, a transaction for each, and one for the consumers. */
export const DATABASE_POOL_MIN = 5;

/** Most time-stamping authorities that are asked. */
export const AUTHORITIES_MAX = 8;

const authority = z.strictObject({
  network: tsaNetwork,
  url: z.string().regex(/^https?:\/\//, { message: 'Expected an http or https URL.' }),
  roots: z.array(derText).min(1).max(16),
  policies: z
    .array(z.string().regex(/^[0-2](?:\.(?:0|[1-9]\d{0,18})){1,31}$/))
    .min(1)
    .max(16),
  certificates: z.array(derText).max(16).default([]),
});

/** Values that are no JSON fail by the schema behind it. */
function parseAuthorities(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

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
    ...databaseKeys(),
    ANCHOR_MODE: z
      .enum(['synthetic', 'advanced'])
      .default('synthetic')
      .describe(
        'synthetic keeps roots here and reports nothing as anchored; advanced anchors them on a chain.',
      ),
    ANCHOR_INTERVAL_SEC: intervalSeconds
      .default(60)
      .describe('Seconds, decimals allowed, after which the oldest waiting leaf gets its batch.'),
    ANCHOR_BATCH_MAX: integerKey(1, BATCH_LEAVES_MAX)
      .default(1000)
      .describe('Leaves of one batch; a full one is sealed at once.'),
    TOUCHSTONE_NODE_ID: z
      .string()
      .regex(/^[A-Za-z0-9._:-]{1,128}$/, { message: 'Expected 1 to 128 of A–Z a–z 0–9 . _ : -.' })
      .default('anchor-worker-1')
      .describe('Name of this installation in log entries.'),
    TOUCHSTONE_LOG_ORIGIN: z.string().min(1).max(255).describe('Origin of the transparency log.'),
    TOUCHSTONE_TSAS: secret(
      z
        .string()
        .transform(parseAuthorities)
        .pipe(z.array(authority).max(AUTHORITIES_MAX))
        .refine((list) => new Set(list.map(({ network }) => network)).size === list.length, {
          message: 'Expected each network once.',
        })
        .optional(),
    ).describe(
      'Time-stamping authorities as JSON: [{"network":"tsa:name","url":"https://…","roots":["base64 DER"],"policies":["oid"]}].',
    ),
    TOUCHSTONE_TSA_SPACING_MS: integerKey(0, 86_400_000)
      .default(10_000)
      .describe(
        'Fewest milliseconds between two tokens of one authority; each covers all batches since the last.',
      ),
    TOUCHSTONE_EVM_RPC_URL: secret(
      z
        .string()
        .regex(/^https?:\/\//, { message: 'Expected an http or https URL.' })
        .optional(),
    ).describe('JSON-RPC of the EVM chain; needed for advanced.'),
    TOUCHSTONE_EVM_NETWORK: z
      .string()
      .regex(/^eip155:[1-9]\d{0,14}$/, { message: 'Expected eip155:<chain id>.' })
      .default('eip155:8453')
      .describe('EVM chain that checkpoints are anchored on.'),
    TOUCHSTONE_ANCHOR_CONTRACT: evmAddress
      .optional()
      .describe('Address of the AnchorRegistry, in lower case; needed for advanced.'),
    TOUCHSTONE_ANCHOR_SPACING_MS: integerKey(0, 86_400_000)
      .default(10_000)
      .describe('Fewest milliseconds between two anchors; each covers all batches since the last.'),
    TOUCHSTONE_EVM_POLL_MS: integerKey(50, 600_000)
      .default(2_000)
      .describe('Milliseconds between two looks at the chain while an anchor is not final.'),
    TOUCHSTONE_EVM_STUCK_BLOCKS: integerKey(1, 10_000)
      .default(20)
      .describe('Blocks after which a transaction that waits is replaced by one with higher fees.'),
    TOUCHSTONE_EVM_GAS_MAX: integerKey(21_000, 30_000_000)
      .default(200_000)
      .describe('Largest gas limit of an anchor.'),
    TOUCHSTONE_EVM_FEE_PER_GAS_MAX_WEI: integerKey(1, 999_999_999_999_999)
      .default(100_000_000_000)
      .describe('Largest fee per gas in wei; the signer has a limit of its own.'),
  })
  .superRefine((config, context) => {
    if (config.TOUCHSTONE_DATABASE_POOL_MAX < DATABASE_POOL_MIN) {
      const message = `Expected at least ${DATABASE_POOL_MIN}: two stages hold a connection each while they work.`;
      context.addIssue({ code: 'custom', path: ['TOUCHSTONE_DATABASE_POOL_MAX'], message });
    }
    if (config.ANCHOR_MODE !== 'advanced') return;
    for (const name of ['TOUCHSTONE_EVM_RPC_URL', 'TOUCHSTONE_ANCHOR_CONTRACT'] as const) {
      if (config[name] === undefined)
        context.addIssue({ code: 'custom', path: [name], message: 'is needed for ANCHOR_MODE=advanced.' });
    }
  });

/** The parsed configuration. */
export type Config = z.output<typeof configSchema>;

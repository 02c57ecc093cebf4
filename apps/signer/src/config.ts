import { z } from 'zod';
import {
  ANCHOR_CONTRACTS_MAX,
  anchorContracts,
  eventBatchFormats,
  evmAddress,
  evmNetwork,
  keyId,
  tenantId,
} from '@touchstone/contracts';
import { DEFAULT_SIGNING_DOMAIN, SIGNING_DOMAIN_PATTERN } from '@touchstone/evidence';
import {
  databaseKeys,
  grpcTlsKeys,
  integerKey,
  jsonKey,
  natsKeys,
  nodeKeys,
  secret,
  serviceKeys,
} from '@touchstone/platform/config';
import { callerTokens } from '@touchstone/platform/http';
import { NODE_NEWS_MAX_AGE_MS } from './domain/node-standing.js';

/** The name of a key in a signed note (C2SP signed-note): no white space, no plus sign. */
const noteName = z.string().regex(/^[^\s+]{1,255}$/, { message: 'has white space or +.' });

const keyHex = (doc: string) =>
  secret(
    z.string().regex(/^[0-9a-f]{64}$/, { message: 'Expected 64 lower-case hexadecimal digits.' }),
  ).describe(doc);

/** Most callers that may have batches of events signed. */
export const BATCH_CALLERS_MAX = 1_024;

/** `{"caller": {"tenant": "…", "formats": […], "leaves": true}}`. */
const batchCallers = z
  .record(
    z.string().min(1).max(128),
    z.strictObject({
      tenant: tenantId,
      formats: z
        .array(z.enum(eventBatchFormats))
        .min(1)
        .default([...eventBatchFormats]),
      leaves: z.boolean().default(false),
    }),
  )
  .refine((callers) => Object.keys(callers).length <= BATCH_CALLERS_MAX, {
    message: `has more than ${BATCH_CALLERS_MAX} callers.`,
  });

/** Configuration of the signer; the only service that is given private keys (R-SIGN-4). */
export const configSchema = z.object({
  ...serviceKeys('signer'),
  ...grpcTlsKeys(),
  ...natsKeys('signer'),
  ...nodeKeys('signer'),
  ...databaseKeys(),
  MODEL_SIGNING_KEY_HEX: keyHex('Private key that signs outputs (secp256k1, 32 bytes).'),
  MODEL_SIGNING_KEY_ID: keyId.describe('Identifier of the output key; it stands in every proof.'),
  SIGNING_DOMAIN: z
    .string()
    .regex(SIGNING_DOMAIN_PATTERN)
    .default(DEFAULT_SIGNING_DOMAIN)
    .describe('Domain separator of output digests; empty for the older format without a prefix.'),
  SIGNATURE_FORMAT: z.enum(['der', 'compact']).default('der').describe('Encoding of output signatures.'),
  TOUCHSTONE_LOG_ORIGIN: z
    .string()
    .min(1)
    .max(255)
    .describe('Origin of the transparency log that this signer signs.'),
  TOUCHSTONE_CHECKPOINT_SEED_HEX: keyHex('Ed25519 seed that signs checkpoints (32 bytes).'),
  TOUCHSTONE_ANCHOR_TX_KEY_HEX: keyHex('Private key that pays for anchors (secp256k1, 32 bytes).'),
  TOUCHSTONE_SETTLEMENT_TX_KEY_HEX: keyHex('Private key that pays for settlements (secp256k1, 32 bytes).'),
  TOUCHSTONE_ANCHOR_CONTRACTS: jsonKey(anchorContracts, 'JSON object').describe(
    `The only contracts that the anchor key may call, by chain, 1 to ${ANCHOR_CONTRACTS_MAX}: {"eip155:8453": "0x…"}.`,
  ),
  TOUCHSTONE_SETTLEMENT_NETWORK: evmNetwork
    .meta({ type: 'eip155:number' })
    .describe('The only chain that the settlement key signs for.'),
  TOUCHSTONE_SETTLEMENT_ASSET: evmAddress.describe('The only token there that the settlement key may call.'),
  TOUCHSTONE_TX_GAS_MAX: integerKey(21_000, 30_000_000)
    .default(500_000)
    .describe('Largest gas limit that is signed.'),
  TOUCHSTONE_TX_FEE_PER_GAS_MAX_WEI: integerKey(1, Number.MAX_SAFE_INTEGER)
    .default(100_000_000_000)
    .describe('Largest fee per gas in wei that is signed.'),
  TOUCHSTONE_NODE_POLICY_FAIL: z
    .enum(['open', 'closed'])
    .default('open')
    .describe(
      `What becomes of the outputs of nodes after ${NODE_NEWS_MAX_AGE_MS / 1_000} s without an answer of the attestation hub: ` +
        'signed, unless the node was blocked before (open), or refused (closed).',
    ),
  ORACLE_ED25519_SEED: keyHex(
    'Ed25519 seed that signs batches of events (32 bytes); without it none are signed.',
  ).optional(),
  ORACLE_ED25519_KEY_ID: keyId
    .optional()
    .describe('Identifier of that key; made of its public key when left out.'),
  TOUCHSTONE_EVENT_BATCH_NAME: noteName
    .optional()
    .describe('Name of that key in signed notes; the origin of the log and /events when left out.'),
  TOUCHSTONE_BATCH_CALLERS: jsonKey(batchCallers, 'JSON object')
    .default({})
    .describe(
      `Who may have batches of events signed, and for which tenant, as JSON {"caller": {"tenant": "<uuid>", "formats": ["event-batch-v2"], "leaves": true}}; ` +
        'a caller is a name in TOUCHSTONE_SIGNER_TOKENS, or a service that may ask for sign-batch. All formats when left out; ' +
        'leaves lets it send hashes without their events.',
    ),
  TOUCHSTONE_SIGNER_TOKENS: secret(callerTokens().optional()).describe(
    'Bearer tokens of REST and gRPC callers as JSON {"caller": "token"}; without it only NATS callers can sign.',
  ),
});
export type Config = z.output<typeof configSchema>;

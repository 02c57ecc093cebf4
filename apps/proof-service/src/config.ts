import { ANCHOR_CONTRACTS_MAX, anchorContracts, evmAddress } from '@touchstone/contracts';
import {
  corsKeys,
  databaseKeys,
  grpcTlsKeys,
  integerKey,
  jsonKey,
  natsKeys,
  nodeKeys,
  serviceKeys,
} from '@touchstone/platform/config';
import { z } from 'zod';

/** Most earlier anchor keys. */
export const ANCHOR_SUBMITTERS_MAX = 32;

const addressList = z
  .string()
  .transform((text) => text.split(',').map((address) => address.trim()))
  .pipe(z.array(evmAddress).max(ANCHOR_SUBMITTERS_MAX));

/** Configuration of the proof-service. It holds no secret but the passwords of its database role and NATS user. */
export const configSchema = z.object({
  ...serviceKeys('proof-service'),
  ...grpcTlsKeys(),
  ...natsKeys('proof-service'),
  ...nodeKeys('proof-service'),
  ...databaseKeys(),
  ...corsKeys(),
  TOUCHSTONE_LOG_ORIGIN: z
    .string()
    .min(1)
    .max(255)
    .describe('Origin of the transparency log whose checkpoints are served.'),
  TOUCHSTONE_ANCHOR_CONTRACTS: jsonKey(anchorContracts, 'JSON object')
    .optional()
    .describe(
      `AnchorRegistry of each chain whose anchors the self-check verifies, at most ${ANCHOR_CONTRACTS_MAX}: {"eip155:8453": "0x…"}. The anchor key is the signer’s; anchors elsewhere are left unchecked.`,
    ),
  TOUCHSTONE_ANCHOR_SUBMITTERS: addressList
    .default([])
    .describe(
      'Addresses of earlier anchor keys, separated by commas; the current one is asked of the signer.',
    ),
  TOUCHSTONE_EVIDENCE_CACHE_BYTES: integerKey(0, 4_294_967_296)
    .default(67_108_864)
    .describe('Characters of verified bundles that are kept in memory.'),
});
export type Config = z.output<typeof configSchema>;

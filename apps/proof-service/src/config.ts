import { ANCHOR_CONTRACTS_MAX, anchorContracts, evmAddress } from '@touchstone/contracts';
import {
  corsKeys,
  databaseKeys,
  grpcTlsKeys,
  integerKey,
  jsonKey,
  natsKeys,
  nodeKeys,
  secret,
  serviceKeys,
} from '@touchstone/platform/config';
import { z } from 'zod';

/** Most earlier anchor keys. */
export const ANCHOR_SUBMITTERS_MAX = 32;

const addressList = z
  .string()
  .transform((text) => text.split(',').map((address) => address.trim()))
  .pipe(z.array(evmAddress).max(ANCHOR_SUBMITTERS_MAX));

/** Longest field `Authorization` for the IPFS node. */
export const IPFS_AUTHORIZATION_CHARACTERS_MAX = 4_096;

const hasAddressAlone = ({ username, password, search, hash }: URL): boolean =>
  `${username}${password}${search}${hash}` === '';

const nodeUrl = z
  .url({ protocol: /^https?$/, error: 'Expected an http(s) URL.' })
  .refine((text) => URL.canParse(text) && hasAddressAlone(new URL(text)), {
    message:
      'Expected a URL without a login, a query or a fragment; TOUCHSTONE_IPFS_API_AUTHORIZATION has the login.',
  });

/** Configuration of the proof-service. It holds no secret but the passwords of its database role and NATS user, and the login of an IPFS node. */
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
  TOUCHSTONE_OBJECT_FOLDER: z
    .string()
    .regex(/^\//, 'expected an absolute path')
    .optional()
    .describe(
      'Folder where the proof of each execution is written under its content identifier (CID), one for all replicas; it has to be there and writable.',
    ),
  TOUCHSTONE_IPFS_API_URL: nodeUrl
    .optional()
    .describe(
      'RPC of an IPFS node (kubo), as in http://127.0.0.1:5001, that pins the proof of each execution. Whoever reads the IPFS network may find it there.',
    ),
  TOUCHSTONE_IPFS_API_AUTHORIZATION: secret(
    z
      .string()
      .max(IPFS_AUTHORIZATION_CHARACTERS_MAX)
      .regex(/^(?:Bearer|Basic) [!-~]+$/, 'Expected "Bearer <token>" or "Basic <base64 of user:password>".')
      .optional(),
  ).describe(
    'Field Authorization that the IPFS node asks for: "Bearer <token>", or "Basic <base64 of user:password>".',
  ),
});
export type Config = z.output<typeof configSchema>;

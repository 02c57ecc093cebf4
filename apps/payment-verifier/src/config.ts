import { caip2, evmAddress } from '@touchstone/contracts';
import {
  corsKeys,
  databaseKeys,
  integerKey,
  natsKeys,
  nodeKeys,
  secret,
  serviceKeys,
} from '@touchstone/platform/config';
import { callerTokens } from '@touchstone/platform/http';
import { z } from 'zod';
import { CONTRACT_PAYMENTS_PER_MINUTE_MAX } from './domain/contract-payments.js';

/**
 * Seconds that a payment stays held by a request of which nothing is heard, before a retry of it may take over. The
 * gateway renews every two seconds, so that a lost renewal or two do no harm.
 */
export const LEASE_DEFAULT_SECONDS = 10;
/**
 * Seconds that an authorisation must hold when it first comes, for queue, run and settlement. Official clients sign 120.
 */
export const VALIDITY_MIN_DEFAULT_SECONDS = 45;
/** Settlements that are asked for at the same time: most of them wait for a block, and asking twice counts twice. */
export const SETTLE_CONCURRENCY_MAX = 1_024;
/** Milliseconds that one question to the node may take. */
export const EVM_RPC_TIMEOUT_DEFAULT_MS = 3_000;
/** Milliseconds that a settlement waits for its receipt before the answer is `pending`. */
export const CONFIRMATION_TIMEOUT_DEFAULT_MS = 20_000;
/** Blocks that hold a transfer before it counts, its own included. */
export const CONFIRMATIONS_DEFAULT = 1;
/** Blocks that hold a transfer that its payer made himself before it counts, its own included. */
export const TRANSFER_CONFIRMATIONS_DEFAULT = 3;
/** Seconds since its block after which such a transfer pays for nothing any more. */
export const TRANSFER_AGE_DEFAULT_MAX_SECONDS = 3_600;
/** Blocks that a settlement waits before its fees are raised: ten seconds on Base, of the two minutes that it lives. */
export const STUCK_BLOCKS_DEFAULT = 5;
/** Largest fee per gas, as the signer's own limit. */
export const FEE_PER_GAS_DEFAULT_MAX_WEI = 100_000_000_000;
/** Milliseconds between two recovery runs. */
export const RECOVERY_INTERVAL_DEFAULT_MS = 2_000;

const recipients = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim().toLowerCase())
      .filter((part) => part !== ''),
  )
  .pipe(z.array(evmAddress));

/** Configuration of the payment-verifier. */
export const configSchema = z.object({
  ...serviceKeys('payment-verifier'),
  ...natsKeys('payment-verifier'),
  ...nodeKeys('payment-verifier'),
  ...databaseKeys(),
  ...corsKeys(),
  TOUCHSTONE_EVM_RPC_URL: secret(z.url({ protocol: /^https?$/ })).describe(
    'JSON-RPC of the chain node that verifies and settles; it often carries an access key.',
  ),
  TOUCHSTONE_EVM_RPC_TIMEOUT_MS: integerKey(100, 60_000)
    .default(EVM_RPC_TIMEOUT_DEFAULT_MS)
    .describe('Milliseconds that one question to the node may take.'),
  TOUCHSTONE_PAYMENT_NETWORK: caip2.describe(
    'Chain of the payments in CAIP-2 form, for example eip155:8453.',
  ),
  TOUCHSTONE_PAYMENT_ASSET: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(evmAddress)
    .describe('Token that is taken; it must implement EIP-3009, as USDC does.'),
  TOUCHSTONE_PAYMENT_RECIPIENTS: recipients
    .default([])
    .describe('Recipients for whom gas is spent, separated by commas; empty allows every recipient.'),
  TOUCHSTONE_FACILITATOR_TOKENS: secret(callerTokens().optional()).describe(
    'Bearer tokens of those who may settle over HTTP as JSON {"caller": "token"}; without it nobody can.',
  ),
  TOUCHSTONE_CONTRACT_PAYMENTS_PER_MINUTE_MAX: integerKey(1, 100_000)
    .default(CONTRACT_PAYMENTS_PER_MINUTE_MAX)
    .describe(
      'Payments of one contract wallet in a minute, for each replica; the relayer pays for the code of the wallet. Plain ' +
        'accounts are not limited.',
    ),
  TOUCHSTONE_PAYMENT_LEASE_SECONDS: integerKey(1, 3_600)
    .default(LEASE_DEFAULT_SECONDS)
    .describe(
      'Seconds after the last renewal that a request holds a payment before a retry may take over; at least 5 outlast a ' +
        'lost renewal.',
    ),
  TOUCHSTONE_PAYMENT_VALIDITY_MIN_SECONDS: integerKey(0, 3_600)
    .default(VALIDITY_MIN_DEFAULT_SECONDS)
    .describe(
      'Seconds that an authorisation must still hold when it first comes, for run and settlement; 0 leaves it to the ' +
        'six seconds of the official verification.',
    ),
  TOUCHSTONE_PAYMENT_CONFIRMATIONS: integerKey(1, 1_000)
    .default(CONFIRMATIONS_DEFAULT)
    .describe('Blocks that must hold a transfer before it counts, its own included.'),
  TOUCHSTONE_TRANSFER_CONFIRMATIONS: integerKey(1, 1_000)
    .default(TRANSFER_CONFIRMATIONS_DEFAULT)
    .describe('Blocks that must hold a transfer that its payer made himself, its own included.'),
  TOUCHSTONE_TRANSFER_AGE_MAX_SECONDS: integerKey(1, 604_800)
    .default(TRANSFER_AGE_DEFAULT_MAX_SECONDS)
    .describe('Seconds since its block after which such a transfer is refused when it first comes.'),
  TOUCHSTONE_SETTLE_TIMEOUT_MS: integerKey(10, 120_000)
    .default(CONFIRMATION_TIMEOUT_DEFAULT_MS)
    .describe('Milliseconds that a settlement waits for its receipt before the answer is pending.'),
  TOUCHSTONE_EVM_STUCK_BLOCKS: integerKey(1, 10_000)
    .default(STUCK_BLOCKS_DEFAULT)
    .describe(
      'Blocks after which a settlement that waits gets higher fees, and that a receipt may lag behind its nonce.',
    ),
  TOUCHSTONE_EVM_FEE_PER_GAS_MAX_WEI: integerKey(1, 999_999_999_999_999)
    .default(FEE_PER_GAS_DEFAULT_MAX_WEI)
    .describe('Largest fee per gas of a settlement in wei; the signer has a limit of its own.'),
  TOUCHSTONE_RECOVERY_INTERVAL_MS: integerKey(50, 600_000)
    .default(RECOVERY_INTERVAL_DEFAULT_MS)
    .describe('Milliseconds between two looks at settlements that are open.'),
});
export type Config = z.output<typeof configSchema>;

import { z } from 'zod';
import { caip2, decimal, evmAddress, hex32, hexData } from '../schemas/primitives.js';

export {
  PAYER_LOOKUP_HEADER,
  PAYER_LOOKUP_SECONDS_MAX,
  payerLookupTypes,
  signedPayerLookup,
  type PayerLookup,
  type SignedPayerLookup,
} from './payer-lookup.js';

/** Longest signature under a claim in bytes; a contract wallet brings its own format. */
export const CLAIM_SIGNATURE_BYTES_MAX = 2_048;

/**
 * What a payer signs about a transfer that was made (protocol section 10): it pays for this request and for no other.
 * `logIndex` is that of the `Transfer` in its block, `deadline` the last Unix second at which the claim is taken.
 */
export const transferClaim = z.strictObject({
  txHash: hex32,
  logIndex: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  payer: evmAddress,
  payTo: evmAddress,
  requestDigest: hex32,
  deadline: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export type TransferClaim = z.infer<typeof transferClaim>;

/** A claim with the payer's signature over it (EIP-712). */
export const signedTransferClaim = z.strictObject({
  claim: transferClaim,
  signature: hexData.min(2 + 2 * 65).max(2 + 2 * CLAIM_SIGNATURE_BYTES_MAX),
});
export type SignedTransferClaim = z.infer<typeof signedTransferClaim>;

/** The EIP-712 types of a claim. */
export const transferClaimTypes = {
  TransferClaim: [
    { name: 'txHash', type: 'bytes32' },
    { name: 'logIndex', type: 'uint256' },
    { name: 'payer', type: 'address' },
    { name: 'payTo', type: 'address' },
    { name: 'requestDigest', type: 'bytes32' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

/** The EIP-712 domain of a claim on a chain. */
export function transferClaimDomain(chainId: number) {
  return { name: 'Touchstone', version: '1', chainId } as const;
}

/** A transfer as it is brought: with its payer's claim, or the hash alone, where an operator allows it. */
export const presentedTransfer = z.union([signedTransferClaim, z.strictObject({ txHash: hex32 })]);
export type PresentedTransfer = z.infer<typeof presentedTransfer>;

/** Why a transfer does not pay for a request, in the words that earlier interfaces use for it. */
export const transferCodes = [
  'PAYMENT_ALREADY_USED',
  'TX_NOT_FOUND',
  'TX_FAILED',
  'INSUFFICIENT_CONFIRMATIONS',
  'NO_TRANSFER_EVENT',
  'WRONG_RECIPIENT',
  'INSUFFICIENT_AMOUNT',
  'VERIFICATION_ERROR',
] as const;
export type TransferCode = (typeof transferCodes)[number];

/** Why the payment of a transfer failed that a reorganisation dropped. */
export const TRANSFER_DROPPED = 'transfer_dropped';

/** How a request was paid whose payer nobody proved: by a hash that anybody can read on the chain. */
export const PAYER_UNPROVEN = 'payer-unproven';
/** What is to be said about a payment beside that it was made. */
export const paymentRemarks = z.array(z.enum([PAYER_UNPROVEN])).max(8);
export type PaymentRemarks = z.infer<typeof paymentRemarks>;

/** What is asked for of a transfer; `amount` at least. */
export const askedTransfer = z.strictObject({
  network: caip2,
  asset: evmAddress,
  payTo: evmAddress,
  amount: decimal,
});
export type AskedTransfer = z.infer<typeof askedTransfer>;

/** What a transfer has to meet beside that: so many blocks, its own included, and no older than so many seconds. */
export const transferTerms = z.strictObject({
  confirmations: z.number().int().min(1),
  maxAgeSeconds: z.number().int().min(1),
});
export type TransferTerms = z.infer<typeof transferTerms>;

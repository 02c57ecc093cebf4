import { z } from 'zod';
import { evmAddress, hex32, hexData } from '../schemas/primitives.js';

/** Header by which a payer shows who he is when he looks up what his transaction paid for. */
export const PAYER_LOOKUP_HEADER = 'touchstone-payer-lookup';

/** Longest that a payer's lookup may be good for in seconds, so that one that got lost is soon worth nothing. */
export const PAYER_LOOKUP_SECONDS_MAX = 300;

/** What a payer signs to be shown the answers that his transaction paid for; `deadline` is the last Unix second of it. */
export const payerLookup = z.strictObject({
  txHash: hex32,
  payer: evmAddress,
  deadline: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export type PayerLookup = z.infer<typeof payerLookup>;

/** A lookup with the signature over it (EIP-712) of the payer's key; no contract wallet is asked. */
export const signedPayerLookup = z.strictObject({
  lookup: payerLookup,
  signature: hexData.length(
    2 + 2 * 65,
    'expected the 65 bytes of an account; contract wallets are not asked',
  ),
});
export type SignedPayerLookup = z.infer<typeof signedPayerLookup>;

/** The EIP-712 types of a lookup, in the domain of a claim. */
export const payerLookupTypes = {
  PayerLookup: [
    { name: 'txHash', type: 'bytes32' },
    { name: 'payer', type: 'address' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

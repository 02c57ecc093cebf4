import type { PresentedTransfer, TransferTerms } from '@touchstone/contracts/transfer';
import type { PaymentPayload, PaymentRequirements } from './payment.js';

/** Which transfers that a payer made himself are taken: none, those with his claim, or those of a bare hash too. */
export const transferModes = ['off', 'claimed', 'bare'] as const;
export type TransferMode = (typeof transferModes)[number];

/** Name of the header, and of the metadata over gRPC, that brings a transfer. */
export const TRANSFER_HEADER = 'touchstone-transfer-claim';

/** What a request brings to pay with. */
export type Presented = PaymentPayload | PresentedTransfer;

/** Stands before the value of X-PAYMENT, the header of x402 version 1, to tell it from that of PAYMENT-SIGNATURE. */
export const V1_PAYMENT = 'X-PAYMENT ';

/** A payment as it came in the headers: that of x402, in version 1 behind {@link V1_PAYMENT}, or the claim of a transfer. */
export type PaymentHeader = string | { readonly transferClaim: string };

/** What a 402 says about transfers. */
export interface TransferOffer extends TransferTerms {
  /** What the claim has to name. */
  readonly requestDigest: string;
  readonly isBareTaken: boolean;
}

/** The way of transfers into this gateway. */
export interface Transfers {
  /** @throws AppError `payment-malformed` */
  read(header: string): PresentedTransfer;
  /** What a transfer has to meet; undefined while none is taken. */
  offer(requestDigest: string): TransferOffer | undefined;
}

/** True for a transfer that was made, false for an authorisation of one. */
export function isTransfer(presented: Presented): presented is PresentedTransfer {
  return !('x402Version' in presented);
}

/** The hash of the transaction, 64 hex characters. */
export function txHashOf(presented: PresentedTransfer): string {
  return 'claim' in presented ? presented.claim.txHash : presented.txHash;
}

/** What is asked for of a transfer. */
export function askedOf({ network, asset, payTo, amount }: PaymentRequirements) {
  return { network, asset, payTo, amount };
}

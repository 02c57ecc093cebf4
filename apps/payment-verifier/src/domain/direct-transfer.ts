import { canonicalBytes } from '@touchstone/canonical-json';
import {
  PAYER_UNPROVEN,
  type PaymentRemarks,
  type PresentedTransfer,
  type SignedTransferClaim,
} from '@touchstone/contracts/transfer';
import { bytesToHex, sha256, sha256TextHex } from '@touchstone/crypto';
import type { PaymentKey } from './payment.js';

/** The block that holds a transaction. */
export interface BlockReference {
  readonly number: bigint;
  /** `0x` and 64 hex characters. */
  readonly hash: string;
}

/** A transfer that its payer made himself, as it stood when it was reserved. */
export interface DirectTransfer {
  /** `0x` and 64 hex characters. */
  readonly transaction: string;
  /** Of the event in its block, as the payer named it. A reorganisation may give it another one. */
  readonly logIndex: number;
  /** Of the event among those of its transaction, which stays. */
  readonly position: number;
  readonly isPayerProven: boolean;
  readonly block: BlockReference;
}

/** A direct transfer with all that a reservation keeps of it. */
export interface TransferPayment extends PaymentKey {
  readonly payTo: string;
  readonly amount: bigint;
  /** Deadline of the claim in Unix seconds; 0 without a claim. */
  readonly validBefore: bigint;
  readonly authorizationDigest: string;
  readonly transfer: DirectTransfer;
}

/** A claim as its signature is checked. */
export interface PayerClaim extends SignedTransferClaim {
  readonly network: string;
  readonly payer: string;
}

/** True for a transfer that comes with its payer's claim. */
export function isClaimed(presented: PresentedTransfer): presented is SignedTransferClaim {
  return 'claim' in presented;
}

/** `0x` and the hash of the transaction. */
export function transactionOf(presented: PresentedTransfer): string {
  return `0x${isClaimed(presented) ? presented.claim.txHash : presented.txHash}`;
}

/** Tells two presentations of one transfer apart. */
export function presentationDigest(presented: PresentedTransfer): string {
  return bytesToHex(sha256(canonicalBytes(presented)));
}

/**
 * What stands in the place of the nonce of a transfer that no authorisation made, so that one unique key holds both kinds
 * of payment. By the place of the event in its transaction: its index in the block changes when another block takes
 * the transaction up, and the same transfer would then pay twice.
 */
export function transferNonce(transaction: string, position: number): string {
  return sha256TextHex(`touchstone.transfer-key.v1|${transaction.slice(2)}|${position}`);
}

/** What is to be said about a payment beside that it was made. */
export function remarksOf(transfer: DirectTransfer | null): PaymentRemarks | undefined {
  return transfer === null || transfer.isPayerProven ? undefined : [PAYER_UNPROVEN];
}

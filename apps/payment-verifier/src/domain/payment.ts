import type { PaymentReference } from '@touchstone/contracts';
import type { PaymentPayload, PaymentRequirements } from '@x402/core/types';
import type { DirectTransfer } from './direct-transfer.js';

/** What identifies a payment for ever (protocol section 10): EIP-3009 makes the nonce unique per payer and token. */
export interface PaymentKey {
  /** CAIP-2. */
  readonly network: string;
  /** `0x` and 40 lower-case hex characters, as all addresses here. */
  readonly asset: string;
  readonly payer: string;
  /** 64 lower-case hex characters without `0x`. */
  readonly nonce: string;
}

/** A payment whose shape was checked; whether it is signed and covered is not known yet. */
export interface Payment extends PaymentKey {
  readonly payTo: string;
  /** Atomic units of the asset. */
  readonly amount: bigint;
  /** Unix seconds, exclusive on both sides as EIP-3009 has it. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  /** `0x` and lower-case hex; 65 bytes from a plain account, anything from a contract wallet. */
  readonly signature: `0x${string}`;
  /** SHA-256 over authorisation and signature: tells two payloads with the same nonce apart. */
  readonly authorizationDigest: string;
  /** The x402 objects with addresses and hex in lower case, as the official packages take them. */
  readonly payload: PaymentPayload;
  readonly requirements: PaymentRequirements;
}

/**
 * What is kept of a payment so that it can be settled without whoever brought it: the signed authorisation and the
 * requirements it was verified against. Everything else that a client may have put around it is left out.
 */
export interface SignedAuthorization {
  readonly payload: PaymentPayload;
  readonly requirements: PaymentRequirements;
}

/** The part of a payment that contracts name in evidence and events. */
export function paymentReference(
  payment: PaymentKey & {
    readonly payTo: string;
    readonly amount: bigint;
    readonly transfer?: DirectTransfer | null;
  },
): PaymentReference {
  const { network, asset, payer, payTo, amount, nonce, transfer } = payment;
  const parties = { network, asset, payer, payTo, amount: amount.toString() };
  if (!transfer) return { ...parties, nonce };
  return { ...parties, txHash: transfer.transaction.slice(2), logIndex: transfer.logIndex };
}

import type { Charged, PaymentReference } from '@touchstone/contracts';
import type { AskedTransfer, PresentedTransfer, TransferCode } from '@touchstone/contracts/transfer';

/** Seconds in which an authorisation must be settled; it bounds queue, inference and settlement together. */
export const PAYMENT_TIMEOUT_SECONDS = 120;

/** Seconds after which a caller may ask again about a settlement that is not known yet. */
export const SETTLEMENT_RETRY_AFTER_SECONDS = 2;

/** What is accepted for one answer, in the form of x402 version 2. */
export interface PaymentRequirements {
  readonly scheme: 'exact';
  readonly network: `${string}:${string}`;
  readonly asset: string;
  /** Atomic units as a decimal string. */
  readonly amount: string;
  readonly payTo: string;
  readonly maxTimeoutSeconds: number;
  /** Name and version of the asset's EIP-712 domain. */
  readonly extra: { readonly name: string; readonly version: string };
}

/** The authorisation that a payer signed (EIP-3009); integers are decimal strings. */
export interface TransferAuthorization {
  readonly from: string;
  readonly to: string;
  readonly value: string;
  readonly validAfter: string;
  readonly validBefore: string;
  readonly nonce: string;
}

/** A payment as a client sent it, of known shape and not verified. */
export interface PaymentPayload {
  readonly x402Version: 2;
  readonly accepted: Readonly<Record<string, unknown>>;
  readonly payload: { readonly signature: string; readonly authorization: TransferAuthorization };
}

/** What the operator takes payments in. */
export interface PaymentTerms {
  readonly network: `${string}:${string}`;
  readonly asset: string;
  readonly assetName: string;
  readonly assetVersion: string;
  readonly payTo: string;
}

/** An x402 settle response, as it goes into the PAYMENT-RESPONSE header. */
export type Settlement = Readonly<Record<string, unknown>>;

/** What became of the attempt to reserve a payment for one request. */
export type AuthorizeOutcome =
  | { readonly outcome: 'reserved'; readonly reservationId: string; readonly payment: PaymentReference }
  | {
      readonly outcome: 'settled';
      readonly reservationId: string;
      readonly payment: PaymentReference;
      readonly settlement: Settlement;
      /** So many other requests came with the payment that somebody seems to guess what it was made for. */
      readonly guessed: boolean;
    }
  | { readonly outcome: 'in-flight'; readonly reservationId: string; readonly retryAfterSeconds: number }
  | { readonly outcome: 'bound-to-other-request' }
  | {
      readonly outcome: 'invalid';
      readonly reason: string;
      readonly message?: string | undefined;
      readonly charged: Charged;
    };

/** What became of the attempt to reserve a transfer for one request. */
export type TransferOutcome =
  | AuthorizeOutcome
  /** It does not pay for this request, at least not yet. */
  | {
      readonly outcome: 'refused';
      readonly code: TransferCode;
      readonly reason: string;
      readonly message: string;
    };

/** What became of a settlement; `pending` is not known yet and must never be read as a failure. */
export type SettleOutcome =
  | { readonly outcome: 'settled' | 'pending'; readonly settlement: Settlement }
  | { readonly outcome: 'failed'; readonly settlement: Settlement; readonly charged: Charged }
  /** Nothing is signed so far, for want of a part; `code` names it. */
  | { readonly outcome: 'unsent'; readonly code: string; readonly retryable: boolean };

/** Reserves, settles and gives back payments. Every call fails with an AppError when nobody answers. */
export interface PaymentPort {
  /** Reserves a payment for one request, insert-first, and verifies it. */
  authorize(
    payload: PaymentPayload,
    requirements: PaymentRequirements,
    requestDigest: string,
  ): Promise<AuthorizeOutcome>;
  /** Verifies a transfer that was made, and reserves it for one request. */
  authorizeTransfer(
    transfer: PresentedTransfer,
    asked: AskedTransfer,
    requestDigest: string,
  ): Promise<TransferOutcome>;
  /**
   * Moves the money, once for a reservation however often it is asked; from the first question on it is moved without
   * being asked again.
   *
   * @throws AppError `timeout` when it may have been done; every other one when nobody took the question up
   */
  settle(reservationId: string): Promise<SettleOutcome>;
  /** Says that the request which holds a reservation still lives. */
  renew(reservationId: string): Promise<void>;
  /** Gives a reservation back when no answer was produced. */
  release(reservationId: string, reason: string): Promise<void>;
}

/** Reads payments out of the protocol's headers. */
export interface PaymentReader {
  /** @throws AppError `payment-malformed` */
  read(header: string): PaymentPayload;
  /** Whether the client accepted exactly these requirements, by the rule of the x402 library. */
  accepts(payload: PaymentPayload, requirements: PaymentRequirements): boolean;
}

/** What is accepted for a price in atomic units. */
export function requirementsFor(price: bigint, terms: PaymentTerms): PaymentRequirements {
  return {
    scheme: 'exact',
    network: terms.network,
    asset: terms.asset,
    amount: price.toString(),
    payTo: terms.payTo,
    maxTimeoutSeconds: PAYMENT_TIMEOUT_SECONDS,
    extra: { name: terms.assetName, version: terms.assetVersion },
  };
}

import type { DirectTransfer } from './direct-transfer.js';
import type { PaymentKey, SignedAuthorization } from './payment.js';

/**
 * `reserved` – one request holds the payment until its lease runs out, or for good once it is owed.
 * `released` – nobody holds it; the first request may come again.
 * `settling` – a transaction was signed and stored, or only the chain can tell what became of the payment.
 * `settled` – for ever.
 * `failed` – for ever, except after a transaction that reverted, or a transfer that a reorganisation dropped: somebody may
 *   still send it, or a block take it up.
 */
export type ReservationState = 'reserved' | 'released' | 'settling' | 'settled' | 'failed';

/** The x402 settle response, as it goes into the `PAYMENT-RESPONSE` header. */
export type Settlement = Readonly<Record<string, unknown>> & {
  readonly success: boolean;
  readonly transaction: string;
};

/** The claim of one request on one payment. */
export interface Reservation extends PaymentKey {
  readonly id: string;
  readonly requestDigest: string;
  readonly authorizationDigest: string;
  readonly payTo: string;
  readonly amount: bigint;
  readonly validBefore: bigint;
  readonly state: ReservationState;
  /** False until the official verification said yes for the first time; until then nothing was handed out. */
  readonly verified: boolean;
  readonly leaseUntilMs: number;
  /** No transfer of this authorisation can lie before this block. */
  readonly fromBlock: bigint;
  /** Hash of the transaction that settles or settled it, `0x…`; null while there is none. */
  readonly transaction: string | null;
  readonly settlement: Settlement | null;
  readonly reason: string | null;
  readonly updatedAtMs: number;
  /** Null for a reservation that is older than the column, and for a direct transfer. */
  readonly authorization: SignedAuthorization | null;
  /** What a payer transferred before he asked; null for an authorisation. Nothing is sent for it. */
  readonly transfer: DirectTransfer | null;
  /**
   * When a settlement was first asked for: an answer exists since then, and the payment is settled without anybody's
   * help until the authorisation is over.
   */
  readonly owedAtMs: number | null;
  /** When recovery looks at an owed payment, or at one whose transaction reverted, again. */
  readonly recheckAtMs: number | null;
  /** How many requests came with this payment that it does not belong to; counted up to one above the limit. */
  readonly otherRequests: number;
}

/** Who asks for a payment. */
export interface Claimant {
  readonly requestDigest: string;
  readonly nowMs: number;
}

/** What a request gets when the payment is known already. */
export type ClaimDecision =
  | { readonly kind: 'take' }
  | { readonly kind: 'owed' }
  | { readonly kind: 'settled' }
  | { readonly kind: 'in-flight'; readonly retryAfterSeconds: number }
  | { readonly kind: 'bound' }
  | { readonly kind: 'dead'; readonly reason: string };

/**
 * Other requests that are told that a payment belongs to another one. Calldata of a settlement holds all that a payment
 * is made of, so that anybody may try what it was made for; after so many tries nobody is told any more.
 */
export const OTHER_REQUESTS_MAX = 5;

/** Seconds after which the same request should ask again while its payment is being worked on. */
export const IN_FLIGHT_RETRY_SECONDS = 2;

/**
 * Decides what a request gets when a reservation of its payment exists. The first request that verified owns the
 * payment for ever; a claim that never verified and whose lease ran out owns nothing, because nothing was handed out.
 * An owed payment needs no lease: its answer is stored, and settling it twice is settling it once.
 */
export function decideClaim(existing: Reservation, claimant: Claimant): ClaimDecision {
  const leaseMs = existing.leaseUntilMs - claimant.nowMs;
  const held = existing.state === 'reserved' && leaseMs > 0;
  if (!existing.verified && existing.state === 'reserved' && !held) return { kind: 'take' };
  if (existing.requestDigest !== claimant.requestDigest) return { kind: 'bound' };
  switch (existing.state) {
    case 'settled':
      return { kind: 'settled' };
    case 'failed':
      return { kind: 'dead', reason: existing.reason ?? 'failed' };
    case 'settling':
      // Nothing was signed, only the chain was asked: it may have been a wrong clock that called the payment over.
      if (existing.transaction === null && existing.owedAtMs === null) return { kind: 'take' };
      return { kind: 'in-flight', retryAfterSeconds: IN_FLIGHT_RETRY_SECONDS };
    case 'released':
      return { kind: 'take' };
    case 'reserved':
      if (existing.owedAtMs !== null) return { kind: 'owed' };
      if (!held) return { kind: 'take' };
      return {
        kind: 'in-flight',
        retryAfterSeconds: Math.min(IN_FLIGHT_RETRY_SECONDS, Math.ceil(leaseMs / 1_000)),
      };
  }
}

/** True for the states that only the chain can change. */
export function isTerminal(state: ReservationState): boolean {
  return state === 'settled' || state === 'failed';
}

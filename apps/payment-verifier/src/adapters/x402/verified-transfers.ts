import type { Payment } from '../../domain/payment.js';
import type { TransferCall } from './settlement-session.js';

/** Verified transfers that are remembered; the oldest make room. */
export const VERIFIED_TRANSFERS_MAX = 1_000;
/** Milliseconds that an official verification is taken as recent. */
export const VERIFIED_TRANSFER_MS = 30_000;
/** Seconds of validity that must be left, as the official verification has it. */
export const VALIDITY_LEFT_SECONDS = 6n;

/**
 * The calls of payments that the official package verified moments ago in this process, as it encoded them. Settling
 * one of them needs no second look at signature, sum and parties, which cannot have changed; what can have changed, the
 * chain, is asked by simulating the very call.
 */
export class VerifiedTransfers {
  private readonly calls = new Map<string, { readonly call: TransferCall; readonly atMs: number }>();

  constructor(private readonly nowMs: () => number) {}

  remember(payment: Payment, call: TransferCall): void {
    const key = keyOf(payment);
    this.calls.delete(key);
    this.calls.set(key, { call, atMs: this.nowMs() });
    const [oldest] = this.calls.keys();
    if (this.calls.size > VERIFIED_TRANSFERS_MAX && oldest !== undefined) this.calls.delete(oldest);
  }

  /** Whether a payment was verified recently, and its time is not nearly over. */
  has(payment: Payment): boolean {
    return this.recent(payment) !== undefined;
  }

  /** The call of a payment, once; undefined when it was not verified recently, or its time is nearly over. */
  take(payment: Payment): TransferCall | undefined {
    const found = this.recent(payment);
    this.calls.delete(keyOf(payment));
    return found;
  }

  private recent(payment: Payment): TransferCall | undefined {
    const found = this.calls.get(keyOf(payment));
    const now = this.nowMs();
    if (found === undefined || now - found.atMs >= VERIFIED_TRANSFER_MS) return undefined;
    const seconds = BigInt(Math.floor(now / 1_000));
    return payment.validBefore < seconds + VALIDITY_LEFT_SECONDS ? undefined : found.call;
  }
}

/** Authorisation and what was asked for: a verification holds for both together. */
function keyOf({ authorizationDigest, requirements }: Payment): string {
  const { network, asset, payTo, amount } = requirements;
  return [authorizationDigest, network, asset, payTo, amount].join('/');
}

import { AuthorizePayment, type AuthorizeParts } from './authorize-payment.js';
import { readPayment, type PaymentPolicy, type PaymentReading } from './read-payment.js';
import { ReleasePayment } from './release-payment.js';
import { RenewLease } from './renew-lease.js';
import { SettlePayment } from './settle-payment.js';
import { SettlementDesk } from './settlement-desk.js';

/** What {@link PaymentDesk} is made of. */
export type PaymentDeskParts = Omit<AuthorizeParts, 'desk'> & { readonly policy: PaymentPolicy };

/** The use cases of payments on one set of ports, as both transports and recovery use them. */
export class PaymentDesk {
  readonly closing: SettlementDesk;
  readonly authorizing: AuthorizePayment;
  readonly settling: SettlePayment;
  readonly renewing: RenewLease;
  readonly releasing: ReleasePayment;

  constructor(private readonly parts: PaymentDeskParts) {
    this.closing = new SettlementDesk(parts);
    this.authorizing = new AuthorizePayment({ ...parts, desk: this.closing });
    this.settling = new SettlePayment({ ...parts, desk: this.closing });
    this.renewing = new RenewLease(parts.store, parts.leaseMs, parts.nowMs);
    this.releasing = new ReleasePayment(parts.store, parts.metrics, parts.nowMs);
  }

  /** Reads untrusted x402 objects by this facilitator's policy. */
  read(payload: unknown, requirements: unknown): PaymentReading {
    return readPayment(this.parts.policy, payload, requirements);
  }
}

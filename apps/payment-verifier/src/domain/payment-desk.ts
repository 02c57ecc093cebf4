import { AuthorizePayment, type AuthorizeParts } from './authorize-payment.js';
import { CheckSignature } from './check-signature.js';
import { CONTRACT_PAYMENTS_PER_MINUTE_MAX } from './contract-payments.js';
import { KnownPayments } from './known-payments.js';
import { readPayment, type PaymentPolicy, type PaymentReading } from './read-payment.js';
import { ReleasePayment } from './release-payment.js';
import { RenewLease } from './renew-lease.js';
import { SettlePayment } from './settle-payment.js';
import { SettlementDesk } from './settlement-desk.js';

/** What {@link PaymentDesk} is made of. */
export type PaymentDeskParts = Omit<AuthorizeParts, 'desk' | 'signatures' | 'known'> & {
  readonly policy: PaymentPolicy;
  /** Payments of one contract wallet in a minute; {@link CONTRACT_PAYMENTS_PER_MINUTE_MAX} when left out. */
  readonly contractPaymentsPerMinuteMax?: number;
};

/** The use cases of payments on one set of ports, as both transports and recovery use them. */
export class PaymentDesk {
  readonly signatures: CheckSignature;
  readonly closing: SettlementDesk;
  readonly known: KnownPayments;
  readonly authorizing: AuthorizePayment;
  readonly settling: SettlePayment;
  readonly renewing: RenewLease;
  readonly releasing: ReleasePayment;

  constructor(private readonly parts: PaymentDeskParts) {
    const { contractPaymentsPerMinuteMax = CONTRACT_PAYMENTS_PER_MINUTE_MAX } = parts;
    this.signatures = new CheckSignature({ ...parts, contractPaymentsPerMinuteMax });
    this.closing = new SettlementDesk(parts);
    this.known = new KnownPayments({ desk: this.closing, metrics: parts.metrics });
    const { signatures, known } = this;
    this.authorizing = new AuthorizePayment({ ...parts, desk: this.closing, signatures, known });
    this.settling = new SettlePayment({ ...parts, desk: this.closing });
    this.renewing = new RenewLease(parts.store, parts.leaseMs, parts.nowMs);
    this.releasing = new ReleasePayment(parts.store, parts.metrics, parts.nowMs);
  }

  /** Reads untrusted x402 objects by this facilitator's policy. */
  read(payload: unknown, requirements: unknown): PaymentReading {
    return readPayment(this.parts.policy, payload, requirements);
  }
}

import { AppError } from '@touchstone/contracts';
import { ContractPayments } from './contract-payments.js';
import type { Payment } from './payment.js';
import type { PaymentMetrics, ReservationStore, SettlementChain, Signed } from './ports.js';
import { TokenBucket } from './token-bucket.js';

/** Signatures about which the node is asked at the same time. */
export const SIGNATURE_QUESTIONS_RUNNING_MAX = 16;
/** Signatures in a minute about which the node is asked, for all payers together. */
export const SIGNATURE_QUESTIONS_PER_MINUTE_MAX = 1_200;
/** Signatures in a minute about which the node is asked for one payer, where twice its payments are not more. */
export const SIGNATURE_QUESTIONS_PER_PAYER_MAX = 60;
/** Payers whose questions are counted. */
export const QUESTIONED_PAYERS_MAX = 10_000;

/** Who agreed to a payment: the key of a plain account, the code of a contract wallet, or nobody. */
export type Signatory = 'account' | 'contract' | 'nobody';

/** What {@link CheckSignature} uses. */
export interface CheckSignatureParts {
  readonly chain: Pick<SettlementChain, 'recoversToPayer' | 'isSignedByContract'>;
  readonly store: Pick<ReservationStore, 'findByKey'>;
  readonly metrics: Pick<PaymentMetrics, 'payment'>;
  readonly nowMs: () => number;
  readonly contractPaymentsPerMinuteMax: number;
}

/**
 * Finds out who signed a payment, or the claim of a transfer. A plain account's signature is recovered here, costs next to nothing and is never
 * limited. For any other the node is asked, once for code and once for the answer of a contract (ERC-1271). Nobody has
 * to own anything to send such a signature, so these questions are few: a flood of garbage meets the limits, and plain
 * accounts go on paying beside it. Whoever names the address of a contract wallet in garbage can use up the questions
 * about that one wallet; those about all of them take more than one wallet.
 */
export class CheckSignature {
  private running = 0;
  private readonly inAll: TokenBucket;
  /** The payer that was asked about longest ago comes first. */
  private readonly ofPayer = new Map<string, TokenBucket>();
  private readonly contracts: ContractPayments;

  constructor(private readonly parts: CheckSignatureParts) {
    this.inAll = new TokenBucket(SIGNATURE_QUESTIONS_PER_MINUTE_MAX, parts.nowMs());
    this.contracts = new ContractPayments(parts.store, parts.contractPaymentsPerMinuteMax);
  }

  /** @throws AppError `rate-limited`, `dependency-unavailable` */
  async signedBy(signed: Signed): Promise<Signatory> {
    const { chain } = this.parts;
    if (chain.recoversToPayer(signed)) return 'account';
    this.countQuestion(signed.payer);
    this.running += 1;
    try {
      return (await chain.isSignedByContract(signed)) ? 'contract' : 'nobody';
    } finally {
      this.running -= 1;
    }
  }

  /**
   * Whether the payer signed what is about to be reserved; payments of contract wallets are counted then.
   *
   * @throws AppError `rate-limited`, `dependency-unavailable`
   */
  async admit(payment: Payment): Promise<boolean> {
    const signatory = await this.signedBy(payment);
    if (signatory === 'contract') {
      const waitMs = await this.contracts.admit(payment, this.parts.nowMs());
      if (waitMs > 0) throw this.limited('The wallet has made its payments of this minute', waitMs);
    }
    return signatory !== 'nobody';
  }

  private countQuestion(payer: string): void {
    const now = this.parts.nowMs();
    if (this.running >= SIGNATURE_QUESTIONS_RUNNING_MAX)
      throw this.limited('Too many signatures of contract wallets are being checked', 1_000);
    const own = this.ofPayer.get(payer) ?? new TokenBucket(this.perPayer(), now);
    const ownMs = own.waitMs(now);
    if (ownMs > 0) throw this.limited('Too many signatures of this payer were checked', ownMs);
    const allMs = this.inAll.waitMs(now);
    if (allMs > 0) throw this.limited('Too many signatures of contract wallets were checked', allMs);
    own.take();
    this.inAll.take();
    // Only who cost a question is remembered, so that refused ones cannot push others out.
    this.ofPayer.delete(payer);
    this.ofPayer.set(payer, own);
    const [oldest] = this.ofPayer.keys();
    if (this.ofPayer.size > QUESTIONED_PAYERS_MAX && oldest !== undefined) this.ofPayer.delete(oldest);
  }

  private perPayer(): number {
    return Math.max(SIGNATURE_QUESTIONS_PER_PAYER_MAX, 2 * this.parts.contractPaymentsPerMinuteMax);
  }

  private limited(what: string, waitMs: number): AppError {
    this.parts.metrics.payment('limited', 'none');
    const retryAfterSeconds = Math.ceil(waitMs / 1_000);
    return new AppError(
      'rate-limited',
      `${what}; send the same payment again in ${retryAfterSeconds} s. Nothing was charged.`,
      { retryAfterSeconds },
    );
  }
}

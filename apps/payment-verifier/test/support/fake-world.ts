import { VERIFIED_TRANSFER_MS } from '../../src/adapters/x402/verified-transfers.js';
import { AppError } from '@touchstone/contracts';
import type { Payment } from '../../src/domain/payment.js';
import type {
  AuthorizationFate,
  Facilitator,
  PaymentMetrics,
  SettleAttempt,
  SettlementChain,
  SettlementLane,
  TransactionOutcome,
  Verdict,
} from '../../src/domain/ports.js';
import { reasons } from '../../src/domain/reasons.js';
import type { Reservation } from '../../src/domain/reservation.js';
import { MemoryReservationStore } from './memory-reservation-store.js';

/** Where a settlement is interrupted. */
export type Interruption = 'none' | 'before-sending' | 'before-mining' | 'before-marking';

interface FakeTransaction {
  readonly reservationId: string;
  readonly hash: string;
  outcome: TransactionOutcome;
}

/** Metrics that go nowhere. */
export const silentMetrics: PaymentMetrics = {
  verified: () => undefined,
  settled: () => undefined,
  payment: () => undefined,
  replayBlocked: () => undefined,
};

/**
 * A chain with one authorisation, a facilitator and a lane of transactions on it, all in memory. It counts what
 * moves, so that a test can compare what was said with what happened.
 */
export class FakeWorld implements SettlementChain, Facilitator, SettlementLane {
  readonly store = new MemoryReservationStore();
  readonly transactions: FakeTransaction[] = [];
  nowMs = Date.UTC(2026, 0, 2);
  nodeUp = true;
  funded = true;
  expired = false;
  /** While true, what is sent waits in the pool. */
  congested = false;
  authorization: 'unused' | 'paid' | 'canceled' = 'unused';
  charges = 0;
  interruption: Interruption = 'none';
  private paidBy = '';
  private verifiedAtMs = Number.NEGATIVE_INFINITY;

  async recentBlock(): Promise<bigint> {
    this.assertNode();
    return 1n;
  }

  recoversToPayer(): boolean {
    return true;
  }

  async isSignedByContract(): Promise<boolean> {
    return false;
  }

  async verify(_payment: Payment): Promise<Verdict> {
    this.assertNode();
    if (this.expired) return { valid: false, reason: reasons.validBefore };
    if (this.authorization !== 'unused') return { valid: false, reason: reasons.nonceAlreadyUsed };
    if (!this.funded) return { valid: false, reason: 'invalid_exact_evm_insufficient_balance' };
    this.verifiedAtMs = this.nowMs;
    return { valid: true };
  }

  isVerified(_payment: Payment): boolean {
    return this.nowMs - this.verifiedAtMs < VERIFIED_TRANSFER_MS;
  }

  async settle(reservation: Reservation, payment: Payment): Promise<SettleAttempt> {
    this.assertNode();
    const known = this.transactions.find(({ reservationId }) => reservationId === reservation.id);
    if (known !== undefined) return this.attemptOf(known);
    const verdict = await this.verify(payment);
    if (!verdict.valid) return { kind: 'refused', reason: verdict.reason };
    const hash = `0x${(this.transactions.length + 1).toString(16).padStart(64, '0')}`;
    const transaction: FakeTransaction = { reservationId: reservation.id, hash, outcome: 'unknown' };
    this.transactions.push(transaction);
    this.store.store(reservation.id, hash, this.nowMs);
    if (this.interruption === 'before-sending' || this.interruption === 'before-mining')
      return { kind: 'pending', transaction: hash };
    this.mine(transaction);
    if (this.interruption === 'before-marking') return { kind: 'pending', transaction: hash };
    return this.attemptOf(transaction);
  }

  async fateOf(_reservation: Reservation): Promise<AuthorizationFate> {
    this.assertNode();
    if (this.authorization === 'paid')
      return { kind: 'paid', transfer: { transaction: this.paidBy, logIndex: 1 } };
    if (this.authorization === 'canceled') return { kind: 'canceled' };
    return { kind: this.expired ? 'expired' : 'open' };
  }

  async run(): Promise<void> {
    if (!this.nodeUp) return;
    for (const transaction of this.transactions)
      if (transaction.outcome === 'unknown' && !this.congested) this.mine(transaction);
  }

  async outcomesOf(): Promise<(id: string) => Promise<TransactionOutcome>> {
    return async (id) => {
      this.assertNode();
      return this.transactions.find(({ reservationId }) => reservationId === id)?.outcome ?? 'unknown';
    };
  }

  /** The payer cancels, if there still is something to cancel. */
  cancel(): void {
    if (this.authorization === 'unused') this.authorization = 'canceled';
  }

  /** Somebody else sends the authorisation. */
  transferByOther(): void {
    if (this.usable()) this.pay(`0x${'f'.repeat(64)}`);
  }

  private usable(): boolean {
    return this.authorization === 'unused' && this.funded && !this.expired;
  }

  private pay(hash: string): void {
    this.authorization = 'paid';
    this.charges += 1;
    this.paidBy = hash;
  }

  private mine(transaction: FakeTransaction): void {
    transaction.outcome = this.usable() ? 'success' : 'reverted';
    if (transaction.outcome === 'success') this.pay(transaction.hash);
  }

  private attemptOf({ hash, outcome }: FakeTransaction): SettleAttempt {
    if (outcome === 'unknown') return { kind: 'pending', transaction: hash };
    if (outcome === 'reverted') return { kind: 'reverted', transaction: hash };
    return {
      kind: 'confirmed',
      transfer: { transaction: hash, logIndex: 1 },
      settlement: { success: true, transaction: hash },
    };
  }

  private assertNode(): void {
    if (!this.nodeUp) throw new AppError('dependency-unavailable', 'The node is down.');
  }
}

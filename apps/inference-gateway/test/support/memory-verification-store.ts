import { AppError } from '@touchstone/contracts';
import { TRANSFER_DROPPED } from '@touchstone/contracts/transfer';
import {
  type EventDraft,
  type Verification,
  type VerificationStore,
} from '../../src/domain/inference/verification.js';
import {
  SETTLE_ASK_AFTER_MS,
  SETTLE_ASK_PAUSE_LAST_MS,
  type SoughtPayment,
  type StoredAnswer,
} from '../../src/domain/payment/stored-answer.js';
import type { Settlement } from '../../src/domain/payment/payment.js';

interface Row {
  verification: Verification;
  body: Uint8Array | undefined;
  handedOut: boolean;
  settleAfterMs: number;
}

/** Verifications in memory; passes the same contract as those in PostgreSQL. */
export class MemoryVerificationStore implements VerificationStore {
  readonly rows = new Map<string, Row>();
  /** Ids of verifications in the order in which their events were written. */
  readonly recorded: string[] = [];

  constructor(private readonly nowMs: () => number) {}

  async record({ id }: Verification): Promise<void> {
    this.recorded.push(id);
  }

  async storeExecuted(
    verification: Verification,
    _event: EventDraft,
    body: Uint8Array,
  ): Promise<StoredAnswer> {
    const id = verification.reservationId as string;
    const settleAfterMs = verification.createdAtMs + SETTLE_ASK_AFTER_MS;
    if (!this.rows.has(id)) this.rows.set(id, { verification, body, handedOut: false, settleAfterMs });
    return answerOf(this.rows.get(id) as Row);
  }

  async findByPayment(sought: SoughtPayment): Promise<readonly StoredAnswer[]> {
    return [...this.rows.values()]
      .filter(({ verification: { payment } }) => {
        if (payment === null) return false;
        if ('txHash' in sought) return 'txHash' in payment && payment.txHash === sought.txHash;
        return 'nonce' in payment && payment.payer === sought.payer && payment.nonce === sought.nonce;
      })
      .map(answerOf);
  }

  async findByReservation(reservationId: string): Promise<StoredAnswer | undefined> {
    const row = this.rows.get(reservationId);
    return row && answerOf(row);
  }

  async settle(
    reservationId: string,
    settlement: Settlement,
    handOut: boolean,
    settledAtMs = this.nowMs(),
  ): Promise<void> {
    const row = this.rows.get(reservationId);
    if (row === undefined) return;
    row.handedOut ||= handOut;
    const { state, settlement: before } = row.verification;
    if (state === 'settled' || (state === 'payment-failed' && before !== null)) return;
    row.verification = { ...row.verification, state: 'settled', settlement, settledAtMs, failure: null };
    this.recorded.push(row.verification.id);
  }

  async failPayment(reservationId: string, reason: string, failedAtMs = this.nowMs()): Promise<void> {
    const row = this.rows.get(reservationId);
    if (row === undefined) return;
    const { state, settledAtMs } = row.verification;
    const isOlder = (settledAtMs ?? 0) <= failedAtMs;
    if (state === 'settled' && (reason !== TRANSFER_DROPPED || !isOlder)) return;
    row.verification = {
      ...row.verification,
      state: 'payment-failed',
      failure: reason,
      settledAtMs: null,
    };
  }

  async claimUnsettled(nowMs: number, limit: number): Promise<readonly string[]> {
    const due = [...this.rows.values()]
      .filter(
        ({ verification, settleAfterMs }) => verification.state === 'executed' && settleAfterMs <= nowMs,
      )
      .sort((left, right) => left.settleAfterMs - right.settleAfterMs)
      .slice(0, limit);
    for (const row of due) {
      const growing = Math.min(SETTLE_ASK_PAUSE_LAST_MS, (nowMs - row.verification.createdAtMs) / 4);
      row.settleAfterMs = nowMs + Math.max(SETTLE_ASK_AFTER_MS, growing);
    }
    return due.map(({ verification }) => verification.reservationId as string);
  }

  async findByTransaction(txHash: string, limit: number): Promise<readonly Verification[]> {
    return [...this.rows.values()]
      .map(({ verification }) => verification)
      .filter(({ payment, settlement }) => {
        const claimed = payment !== null && 'txHash' in payment && payment.txHash === txHash;
        return claimed || settlement?.['transaction'] === `0x${txHash}`;
      })
      .slice(0, limit);
  }

  async find(id: string): Promise<Verification | undefined> {
    return [...this.rows.values()].find(({ verification }) => verification.id === id)?.verification;
  }
}

function answerOf({ verification, body, handedOut }: Row): StoredAnswer {
  const { id, state, reservationId, modelVersionId, context, payment } = verification;
  if (body === undefined) throw new AppError('conflict', 'The answer is lost.');
  return {
    reservationId: reservationId as string,
    verificationId: id,
    state,
    body,
    requestDigest: context.requestDigest as string,
    modelVersionId,
    payment: payment as StoredAnswer['payment'],
    handedOut,
  };
}

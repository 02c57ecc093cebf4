import type { PaymentKey } from '../../src/domain/payment.js';
import type { Claim, ReservationDraft, ReservationStore, Transfer } from '../../src/domain/ports.js';
import { authorizationOf } from '../../src/domain/read-payment.js';
import { reasons, undoableReasons } from '../../src/domain/reasons.js';
import {
  isTerminal,
  OTHER_REQUESTS_MAX,
  type ClaimDecision,
  type Reservation,
  type Settlement,
} from '../../src/domain/reservation.js';

const keyOf = ({ network, asset, payer, nonce }: PaymentKey): string =>
  [network, asset, payer, nonce].join('|');

/** What is told about a reservation that was closed. */
export interface Announcement {
  readonly kind: 'settled' | 'failed';
  readonly reservationId: string;
  readonly reason: string | null;
  readonly atMs: number;
}

/** Reservations in memory; passes the same contract as the PostgreSQL store. */
export class MemoryReservationStore implements ReservationStore {
  readonly rows = new Map<string, Reservation>();
  /** Announcements in order, one per closed reservation. */
  readonly announced: Announcement[] = [];

  async claim(draft: ReservationDraft, decide: (existing: Reservation) => ClaimDecision): Promise<Claim> {
    const existing = this.lookUp(draft.payment);
    if (existing === undefined) {
      const { network, asset, payer, nonce } = draft.payment;
      const created: Reservation = {
        network,
        asset,
        payer,
        nonce,
        ...claimed(draft),
        id: draft.id,
        verified: draft.verified === true,
        fromBlock: draft.fromBlock,
        transaction: null,
        settlement: null,
        owedAtMs: null,
        recheckAtMs: null,
        otherRequests: 0,
      };
      return { taken: true, reservation: this.put(created) };
    }
    const decision = decide(existing);
    if (decision.kind === 'bound' && existing.otherRequests <= OTHER_REQUESTS_MAX) {
      const counted = this.put({ ...existing, otherRequests: existing.otherRequests + 1 });
      return { taken: false, reservation: counted, decision };
    }
    if (decision.kind !== 'take') return { taken: false, reservation: existing, decision };
    const verified = existing.verified || draft.verified === true;
    return { taken: true, reservation: this.put({ ...existing, ...claimed(draft), verified }) };
  }

  async confirm(id: string, leaseUntilMs: number, nowMs: number): Promise<boolean> {
    const row = this.held(id, leaseUntilMs);
    if (row !== undefined) this.put({ ...row, verified: true, updatedAtMs: nowMs });
    return row !== undefined;
  }

  async reject(id: string, leaseUntilMs: number, reason: string, nowMs: number): Promise<boolean> {
    const row = this.held(id, leaseUntilMs);
    if (row === undefined || row.owedAtMs !== null) return false;
    if (row.verified) this.put({ ...row, state: 'released', reason, updatedAtMs: nowMs });
    else this.rows.delete(id);
    return true;
  }

  async renew(id: string, leaseUntilMs: number, nowMs: number): Promise<boolean> {
    const row = this.rows.get(id);
    if (row?.state !== 'reserved' || !row.verified) return false;
    this.put({ ...row, leaseUntilMs: Math.max(row.leaseUntilMs, leaseUntilMs), updatedAtMs: nowMs });
    return true;
  }

  async release(id: string, reason: string, nowMs: number): Promise<boolean> {
    const row = this.rows.get(id);
    if (row?.state !== 'reserved' || !row.verified || row.owedAtMs !== null) return false;
    this.put({ ...row, state: 'released', reason, updatedAtMs: nowMs });
    return true;
  }

  async owe(id: string, nowMs: number, recheckAtMs: number): Promise<Reservation | undefined> {
    const row = this.rows.get(id);
    if (row === undefined || !row.verified || !['reserved', 'released'].includes(row.state)) return row;
    return this.put({
      ...row,
      state: 'reserved',
      owedAtMs: row.owedAtMs ?? nowMs,
      recheckAtMs: Math.max(row.recheckAtMs ?? 0, recheckAtMs),
      updatedAtMs: nowMs,
    });
  }

  async awaitChain(id: string, nowMs: number): Promise<void> {
    const row = this.rows.get(id);
    if (row !== undefined && !isTerminal(row.state))
      this.put({ ...row, state: 'settling', updatedAtMs: nowMs });
  }

  async settle(id: string, transfer: Transfer, settlement: Settlement, nowMs: number): Promise<Reservation> {
    return this.close(id, 'settled', {
      settlement,
      transaction: transfer.transaction,
      reason: null,
      recheckAtMs: null,
      updatedAtMs: nowMs,
    });
  }

  async fail(
    id: string,
    reason: string,
    settlement: Settlement,
    nowMs: number,
    recheckAtMs: number | null,
  ): Promise<Reservation> {
    return this.close(id, 'failed', { settlement, reason, recheckAtMs, updatedAtMs: nowMs });
  }

  async conclude(id: string, reason: string, settlement: Settlement, nowMs: number): Promise<Reservation> {
    const row = this.known(id);
    if (row.state !== 'failed' || row.reason !== reasons.transactionFailed) return row;
    return this.put({ ...row, reason, settlement, recheckAtMs: null, updatedAtMs: nowMs });
  }

  async find(id: string): Promise<Reservation | undefined> {
    return this.rows.get(id);
  }

  async findByKey(key: PaymentKey): Promise<Reservation | undefined> {
    return this.lookUp(key);
  }

  async open(untouchedSinceMs: number, limit: number): Promise<Reservation[]> {
    return [...this.rows.values()]
      .filter(
        ({ state, updatedAtMs }) =>
          state === 'settling' &&
          (updatedAtMs <= untouchedSinceMs || updatedAtMs > untouchedSinceMs + 60_000),
      )
      .sort((left, right) => left.updatedAtMs - right.updatedAtMs)
      .slice(0, limit);
  }

  async due(nowMs: number, limit: number): Promise<Reservation[]> {
    const waits = (row: Reservation): row is Reservation & { recheckAtMs: number } =>
      (row.state === 'reserved' || row.state === 'failed') && row.recheckAtMs !== null;
    return [...this.rows.values()]
      .filter(waits)
      .filter(({ recheckAtMs }) => recheckAtMs <= nowMs)
      .sort((left, right) => left.recheckAtMs - right.recheckAtMs)
      .slice(0, limit);
  }

  async postpone(id: string, recheckAtMs: number): Promise<void> {
    const row = this.rows.get(id);
    if (row === undefined || row.recheckAtMs === null) return;
    if (row.state === 'reserved' || row.state === 'failed') this.put({ ...row, recheckAtMs });
  }

  /** What the journal does in its transaction: the transaction is stored and the reservation settles. */
  store(id: string, transaction: string, nowMs: number): void {
    const row = this.rows.get(id);
    if (row !== undefined) this.put({ ...row, state: 'settling', transaction, updatedAtMs: nowMs });
  }

  private lookUp(key: PaymentKey): Reservation | undefined {
    return [...this.rows.values()].find((row) => keyOf(row) === keyOf(key));
  }

  private held(id: string, leaseUntilMs: number): Reservation | undefined {
    const row = this.rows.get(id);
    return row?.state === 'reserved' && row.leaseUntilMs === leaseUntilMs ? row : undefined;
  }

  private close(id: string, state: 'settled' | 'failed', change: Partial<Reservation>): Reservation {
    const row = this.known(id);
    if (isTerminal(row.state) && !(state === 'settled' && isReverted(row))) return row;
    const { reason = null, updatedAtMs: atMs = row.updatedAtMs } = change;
    this.announced.push({ kind: state, reservationId: id, reason, atMs });
    return this.put({ ...row, ...change, state });
  }

  private known(id: string): Reservation {
    const row = this.rows.get(id);
    if (row === undefined) throw new Error(`There is no reservation ${id}.`);
    return row;
  }

  private put(row: Reservation): Reservation {
    this.rows.set(row.id, row);
    return row;
  }
}

function isReverted({ state, reason }: Reservation): boolean {
  return state === 'failed' && undoableReasons.includes(reason ?? '');
}

function claimed(draft: ReservationDraft) {
  const { authorizationDigest, payTo, amount, validBefore } = draft.payment;
  return {
    requestDigest: draft.requestDigest,
    authorizationDigest,
    payTo,
    amount,
    validBefore,
    state: 'reserved' as const,
    leaseUntilMs: draft.leaseUntilMs,
    reason: null,
    updatedAtMs: draft.nowMs,
    authorization: 'transfer' in draft.payment ? null : authorizationOf(draft.payment),
    transfer: 'transfer' in draft.payment ? draft.payment.transfer : null,
  };
}

import { withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import { paymentReference, type PaymentKey } from '../domain/payment.js';
import type { Claim, ReservationDraft, ReservationStore, Transfer } from '../domain/ports.js';
import type { ClaimDecision, Reservation, Settlement } from '../domain/reservation.js';
import { remarksOf } from '../domain/direct-transfer.js';
import { reasons, undoableReasons } from '../domain/reasons.js';
import {
  claimExisting,
  insertReservation,
  keyOf,
  ONE_PAYMENT,
  readReservation,
} from './reservation-claims.js';
import { bytes, reservationColumns, toReservation, type ReservationRow } from './reservation-row.js';
import { rowsOf, type SqlRunner } from './sql.js';

/** Reservations in PostgreSQL. Uniqueness is the table's; no method reads before it writes without a row lock. */
export class PostgresReservationStore implements ReservationStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  async claim(draft: ReservationDraft, decide: (existing: Reservation) => ClaimDecision): Promise<Claim> {
    // A row that was forgotten between the conflict and the lock leaves the key free: then the insert runs again.
    for (;;) {
      const { inserted, known } = await insertReservation(this.dataSource, draft);
      if (inserted !== undefined) return { taken: true, reservation: inserted };
      // What is settled stays settled: a repetition needs no lock, and no flush of one, to be told so.
      const decision = known?.state === 'settled' ? decide(known) : undefined;
      if (known !== undefined && decision?.kind === 'settled')
        return { taken: false, reservation: known, decision };
      const claim = await this.transaction((manager) => claimExisting(manager, draft, decide));
      if (claim !== undefined) return claim;
    }
  }

  async confirm(id: string, leaseUntilMs: number, nowMs: number): Promise<boolean> {
    return this.changed(
      `UPDATE payments.reservations SET verified = true, updated_at = $3
       WHERE id = $1 AND state = 'reserved' AND lease_until = $2 RETURNING 1`,
      [id, new Date(leaseUntilMs), new Date(nowMs)],
    );
  }

  async reject(id: string, leaseUntilMs: number, reason: string, nowMs: number): Promise<boolean> {
    const lease = new Date(leaseUntilMs);
    const forgotten = await this.changed(
      `DELETE FROM payments.reservations
       WHERE id = $1 AND state = 'reserved' AND lease_until = $2 AND NOT verified RETURNING 1`,
      [id, lease],
    );
    if (forgotten) return true;
    return this.changed(
      `UPDATE payments.reservations SET state = 'released', reason = $3, updated_at = $4
       WHERE id = $1 AND state = 'reserved' AND lease_until = $2 AND owed_at IS NULL RETURNING 1`,
      [id, lease, reason, new Date(nowMs)],
    );
  }

  async renew(id: string, leaseUntilMs: number, nowMs: number): Promise<boolean> {
    return this.changed(
      `UPDATE payments.reservations SET lease_until = greatest(lease_until, $2), updated_at = $3
       WHERE id = $1 AND state = 'reserved' AND verified RETURNING 1`,
      [id, new Date(leaseUntilMs), new Date(nowMs)],
    );
  }

  async release(id: string, reason: string, nowMs: number): Promise<boolean> {
    return this.changed(
      `UPDATE payments.reservations SET state = 'released', reason = $2, updated_at = $3
       WHERE id = $1 AND state = 'reserved' AND verified AND owed_at IS NULL RETURNING 1`,
      [id, reason, new Date(nowMs)],
    );
  }

  async owe(id: string, nowMs: number, recheckAtMs: number): Promise<Reservation | undefined> {
    const [row] = await rowsOf<ReservationRow>(
      this.dataSource,
      `WITH owed AS (
         UPDATE payments.reservations SET state = 'reserved', owed_at = coalesce(owed_at, $2), updated_at = $2,
           recheck_after = greatest(recheck_after, $3)
         WHERE id = $1 AND state IN ('reserved', 'released') AND verified RETURNING ${reservationColumns})
       SELECT * FROM owed
       UNION ALL
       SELECT ${reservationColumns} FROM payments.reservations WHERE id = $1 AND NOT EXISTS (SELECT FROM owed)`,
      [id, new Date(nowMs), new Date(recheckAtMs)],
    );
    return row === undefined ? undefined : toReservation(row);
  }

  async awaitChain(id: string, nowMs: number): Promise<void> {
    await this.changed(
      `UPDATE payments.reservations SET state = 'settling', updated_at = $2
       WHERE id = $1 AND state IN ('reserved', 'released', 'settling') RETURNING 1`,
      [id, new Date(nowMs)],
    );
  }

  async settle(id: string, transfer: Transfer, settlement: Settlement, nowMs: number): Promise<Reservation> {
    return this.transaction(async (manager) => {
      const after = await this.close(
        manager,
        `UPDATE payments.reservations SET state = 'settled', transaction = $2, log_index = $3, settlement = $4::jsonb,
           reason = NULL, updated_at = $5, recheck_after = NULL
         WHERE id = $1 AND (state NOT IN ('settled', 'failed') OR (state = 'failed' AND reason = ANY($6::text[]))) RETURNING ${reservationColumns}`,
        [
          id,
          bytes(transfer.transaction),
          transfer.logIndex,
          JSON.stringify(settlement),
          new Date(nowMs),
          undoableReasons,
        ],
      );
      // Recovery need not ask for the receipt of what stands in a block.
      await rowsOf(
        manager,
        `UPDATE payments.lane_transaction SET state = 'mined' WHERE subject = $1 AND state = 'open'
           AND attempts @> jsonb_build_array(jsonb_build_object('hash', $2::text))`,
        [id, transfer.transaction],
      );
      const remarks = remarksOf(after.reservation.transfer);
      if (after.changed)
        await this.outbox.append(manager, 'evt.v1.payment.transfer.settled', {
          reservationId: id,
          requestDigest: after.reservation.requestDigest,
          payment: paymentReference(after.reservation),
          transaction: transfer.transaction,
          ...(remarks && { remarks }),
          settledAt: new Date(nowMs).toISOString(),
        });
      return after.reservation;
    });
  }

  async fail(
    id: string,
    reason: string,
    settlement: Settlement,
    nowMs: number,
    recheckAtMs: number | null,
  ): Promise<Reservation> {
    return this.transaction(async (manager) => {
      const after = await this.close(
        manager,
        `UPDATE payments.reservations SET state = 'failed', reason = $2, settlement = $3::jsonb, updated_at = $4,
           recheck_after = $5
         WHERE id = $1 AND state NOT IN ('settled', 'failed') RETURNING ${reservationColumns}`,
        [
          id,
          reason,
          JSON.stringify(settlement),
          new Date(nowMs),
          recheckAtMs === null ? null : new Date(recheckAtMs),
        ],
      );
      if (after.changed)
        await this.outbox.append(manager, 'evt.v1.payment.transfer.failed', {
          reservationId: id,
          requestDigest: after.reservation.requestDigest,
          payment: paymentReference(after.reservation),
          reason,
          failedAt: new Date(nowMs).toISOString(),
        });
      return after.reservation;
    });
  }

  async conclude(id: string, reason: string, settlement: Settlement, nowMs: number): Promise<Reservation> {
    const after = await this.close(
      this.dataSource,
      `UPDATE payments.reservations SET reason = $2, settlement = $3::jsonb, updated_at = $4, recheck_after = NULL
       WHERE id = $1 AND state = 'failed' AND reason = $5 RETURNING ${reservationColumns}`,
      [id, reason, JSON.stringify(settlement), new Date(nowMs), reasons.transactionFailed],
    );
    return after.reservation;
  }

  find(id: string): Promise<Reservation | undefined> {
    return readReservation(this.dataSource, 'id = $1', [id]);
  }

  findByKey(key: PaymentKey): Promise<Reservation | undefined> {
    return readReservation(this.dataSource, ONE_PAYMENT, keyOf(key));
  }

  async open(untouchedSinceMs: number, limit: number): Promise<Reservation[]> {
    const rows = await rowsOf<ReservationRow>(
      this.dataSource,
      `SELECT ${reservationColumns} FROM payments.reservations
       -- What was touched in the future was touched by a wrong clock, and nobody waits for it.
       WHERE state = 'settling' AND (updated_at <= $1 OR updated_at > $1::timestamptz + interval '1 minute')
       ORDER BY updated_at LIMIT $2`,
      [new Date(untouchedSinceMs), limit],
    );
    return rows.map(toReservation);
  }

  async due(nowMs: number, limit: number): Promise<Reservation[]> {
    const rows = await rowsOf<ReservationRow>(
      this.dataSource,
      `SELECT ${reservationColumns} FROM payments.reservations
       WHERE state IN ('reserved', 'failed') AND recheck_after IS NOT NULL AND recheck_after <= $1
       ORDER BY recheck_after LIMIT $2`,
      [new Date(nowMs), limit],
    );
    return rows.map(toReservation);
  }

  async postpone(id: string, recheckAtMs: number): Promise<void> {
    await this.changed(
      `UPDATE payments.reservations SET recheck_after = $2
       WHERE id = $1 AND state IN ('reserved', 'failed') AND recheck_after IS NOT NULL RETURNING 1`,
      [id, new Date(recheckAtMs)],
    );
  }

  /** Reservations whose fate is not known, for the gauge. */
  async countOpen(): Promise<number> {
    const [row] = await rowsOf<{ open: number }>(
      this.dataSource,
      `SELECT count(*)::int AS open FROM payments.reservations WHERE state = 'settling'`,
    );
    return row?.open ?? 0;
  }

  private async close(
    manager: SqlRunner,
    update: string,
    parameters: unknown[],
  ): Promise<{ changed: boolean; reservation: Reservation }> {
    const [updated] = await rowsOf<ReservationRow>(
      manager,
      `WITH changed AS (${update}) SELECT * FROM changed`,
      parameters,
    );
    if (updated !== undefined) return { changed: true, reservation: toReservation(updated) };
    const reservation = await readReservation(manager, 'id = $1', [parameters[0]]);
    if (reservation === undefined) throw new Error(`There is no reservation ${String(parameters[0])}.`);
    return { changed: false, reservation };
  }

  private async changed(statement: string, parameters: unknown[]): Promise<boolean> {
    const rows = await rowsOf(
      this.dataSource,
      `WITH changed AS (${statement}) SELECT 1 FROM changed`,
      parameters,
    );
    return rows.length > 0;
  }

  private transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return withDatabase(() => this.dataSource.transaction(work));
  }
}

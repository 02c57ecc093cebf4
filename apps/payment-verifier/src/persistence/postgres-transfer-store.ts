import { withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { BlockReference } from '../domain/direct-transfer.js';
import { paymentReference } from '../domain/payment.js';
import type { TransferStore } from '../domain/ports.js';
import type { Reservation, Settlement } from '../domain/reservation.js';
import { bytes, reservationColumns, toReservation, type ReservationRow } from './reservation-row.js';
import { rowsOf } from './sql.js';

/** Reservations of direct transfers in PostgreSQL, beside those of authorisations and under the same unique key. */
export class PostgresTransferStore implements TransferStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  async ofTransaction(network: string, asset: string, transaction: string): Promise<readonly Reservation[]> {
    return this.rows('made_by = $1 AND network = $2 AND asset = $3 ORDER BY made_position', [
      bytes(transaction),
      network,
      asset,
    ]);
  }

  async unfinished(final: bigint, limit: number): Promise<readonly Reservation[]> {
    return this.rows(
      `made_by IS NOT NULL AND state = 'settled' AND NOT is_final AND block_number <= $1
       ORDER BY updated_at LIMIT $2`,
      [final.toString(), limit],
    );
  }

  async place(id: string, block: BlockReference, isFinal: boolean, nowMs: number): Promise<void> {
    await this.update('block_number = $3, block_hash = $4, is_final = $5', id, nowMs, [
      block.number.toString(),
      bytes(block.hash),
      isFinal,
    ]);
  }

  async postpone(id: string, nowMs: number): Promise<void> {
    await this.update('is_final = is_final', id, nowMs, []);
  }

  reverse(id: string, reason: string, settlement: Settlement, nowMs: number): Promise<boolean> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const [row] = await rowsOf<ReservationRow>(
          manager,
          `WITH changed AS (
             UPDATE payments.reservations SET state = 'failed', reason = $2, settlement = $3::jsonb, updated_at = $4
             WHERE id = $1 AND state = 'settled' AND made_by IS NOT NULL AND NOT is_final RETURNING ${reservationColumns})
           SELECT * FROM changed`,
          [id, reason, JSON.stringify(settlement), new Date(nowMs)],
        );
        if (row === undefined) return false;
        const reservation = toReservation(row);
        await this.outbox.append(manager, 'evt.v1.payment.transfer.failed', {
          reservationId: id,
          requestDigest: reservation.requestDigest,
          payment: paymentReference(reservation),
          reason,
          failedAt: new Date(nowMs).toISOString(),
        });
        return true;
      }),
    );
  }

  private async rows(condition: string, parameters: unknown[]): Promise<readonly Reservation[]> {
    const rows = await rowsOf<ReservationRow>(
      this.dataSource,
      `SELECT ${reservationColumns} FROM payments.reservations WHERE ${condition}`,
      parameters,
    );
    return rows.map(toReservation);
  }

  private async update(change: string, id: string, nowMs: number, parameters: unknown[]): Promise<void> {
    await rowsOf(
      this.dataSource,
      `WITH changed AS (
         UPDATE payments.reservations SET updated_at = $2, ${change}
         WHERE id = $1 AND state = 'settled' AND made_by IS NOT NULL RETURNING 1)
       SELECT 1 FROM changed`,
      [id, new Date(nowMs), ...parameters],
    );
  }
}

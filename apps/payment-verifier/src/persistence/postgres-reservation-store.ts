import { withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import { paymentReference, type PaymentKey } from '../domain/payment.js';
import type { Claim, ReservationDraft, ReservationStore, Transfer } from '../domain/ports.js';
import type { ClaimDecision, Reservation, Settlement } from '../domain/reservation.js';
import { bytes, reservationColumns, toReservation, type ReservationRow } from './reservation-row.js';
import { rowsOf, type SqlRunner } from './sql.js';

const ONE_PAYMENT = 'network = $1 AND asset = $2 AND payer = $3 AND nonce = $4';
const keyOf = ({ network, asset, payer, nonce }: PaymentKey) => [network, asset, payer, bytes(nonce)];

/** Reservations in PostgreSQL. Uniqueness is the table's; no method reads before it writes without a row lock. */
export class PostgresReservationStore implements ReservationStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  async claim(draft: ReservationDraft, decide: (existing: Reservation) => ClaimDecision): Promise<Claim> {
    // A row that was forgotten between the conflict and the lock leaves the key free: then the insert runs again.
    for (;;) {
      const inserted = await this.insert(draft);
      if (inserted !== undefined) return { taken: true, reservation: inserted };
      const claim = await this.transaction((manager) => this.claimExisting(manager, draft, decide));
      if (claim !== undefined) return claim;
    }
  }

  private async insert(draft: ReservationDraft): Promise<Reservation | undefined> {
    const { payment } = draft;
    const [row] = await rowsOf<ReservationRow>(
      this.dataSource,
      `INSERT INTO payments.reservations (id, network, asset, payer, nonce, request_digest, authorization_digest,
         pay_to, amount, valid_before, state, lease_until, from_block, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'reserved', $11, $12, $13, $13)
       ON CONFLICT ON CONSTRAINT reservations_one_per_payment DO NOTHING
       RETURNING ${reservationColumns}`,
      [
        draft.id,
        payment.network,
        payment.asset,
        payment.payer,
        bytes(payment.nonce),
        bytes(draft.requestDigest),
        bytes(payment.authorizationDigest),
        payment.payTo,
        payment.amount.toString(),
        payment.validBefore.toString(),
        new Date(draft.leaseUntilMs),
        draft.fromBlock.toString(),
        new Date(draft.nowMs),
      ],
    );
    return row === undefined ? undefined : toReservation(row);
  }

  private async claimExisting(
    manager: EntityManager,
    draft: ReservationDraft,
    decide: (existing: Reservation) => ClaimDecision,
  ): Promise<Claim | undefined> {
    const { payment } = draft;
    const existing = await this.read(manager, `${ONE_PAYMENT} FOR UPDATE`, keyOf(payment));
    if (existing === undefined) return undefined;
    const decision = decide(existing);
    if (decision.kind !== 'take') return { taken: false, reservation: existing, decision };
    const [taken] = await rowsOf<ReservationRow>(
      manager,
      `WITH changed AS (
         UPDATE payments.reservations SET state = 'reserved', request_digest = $2, authorization_digest = $3,
           pay_to = $4, amount = $5, valid_before = $6, lease_until = $7, updated_at = $8, reason = NULL
         WHERE id = $1 RETURNING ${reservationColumns})
       SELECT * FROM changed`,
      [
        existing.id,
        bytes(draft.requestDigest),
        bytes(payment.authorizationDigest),
        payment.payTo,
        payment.amount.toString(),
        payment.validBefore.toString(),
        new Date(draft.leaseUntilMs),
        new Date(draft.nowMs),
      ],
    );
    return taken === undefined ? undefined : { taken: true, reservation: toReservation(taken) };
  }

  async confirm(id: string, leaseUntilMs: number, nowMs: number): Promise<boolean> {
    return this.changed(
      `UPDATE payments.reservations SET verified = true, updated_at = $3
       WHERE id = $1 AND state = 'reserved' AND lease_until = $2 RETURNING 1`,
      [id, new Date(leaseUntilMs), new Date(nowMs)],
    );
  }

  async reject(id: string, leaseUntilMs: number, reason: string, nowMs: number): Promise<void> {
    const lease = new Date(leaseUntilMs);
    const forgotten = await this.changed(
      `DELETE FROM payments.reservations
       WHERE id = $1 AND state = 'reserved' AND lease_until = $2 AND NOT verified RETURNING 1`,
      [id, lease],
    );
    if (forgotten) return;
    await this.changed(
      `UPDATE payments.reservations SET state = 'released', reason = $3, updated_at = $4
       WHERE id = $1 AND state = 'reserved' AND lease_until = $2 RETURNING 1`,
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
       WHERE id = $1 AND state = 'reserved' AND verified RETURNING 1`,
      [id, reason, new Date(nowMs)],
    );
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
           reason = NULL, updated_at = $5
         WHERE id = $1 AND state NOT IN ('settled', 'failed') RETURNING ${reservationColumns}`,
        [id, bytes(transfer.transaction), transfer.logIndex, JSON.stringify(settlement), new Date(nowMs)],
      );
      // Recovery need not ask for the receipt of what stands in a block.
      await rowsOf(
        manager,
        `UPDATE payments.lane_transaction SET state = 'mined' WHERE subject = $1 AND state = 'open'
           AND attempts @> jsonb_build_array(jsonb_build_object('hash', $2::text))`,
        [id, transfer.transaction],
      );
      if (after.changed)
        await this.outbox.append(manager, 'evt.v1.payment.transfer.settled', {
          reservationId: id,
          requestDigest: after.reservation.requestDigest,
          payment: paymentReference(after.reservation),
          transaction: transfer.transaction,
          settledAt: new Date(nowMs).toISOString(),
        });
      return after.reservation;
    });
  }

  async fail(id: string, reason: string, settlement: Settlement, nowMs: number): Promise<Reservation> {
    return this.transaction(async (manager) => {
      const after = await this.close(
        manager,
        `UPDATE payments.reservations SET state = 'failed', reason = $2, settlement = $3::jsonb, updated_at = $4
         WHERE id = $1 AND state NOT IN ('settled', 'failed') RETURNING ${reservationColumns}`,
        [id, reason, JSON.stringify(settlement), new Date(nowMs)],
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

  find(id: string): Promise<Reservation | undefined> {
    return this.read(this.dataSource, 'id = $1', [id]);
  }

  findByKey(key: PaymentKey): Promise<Reservation | undefined> {
    return this.read(this.dataSource, ONE_PAYMENT, keyOf(key));
  }

  async open(untouchedSinceMs: number, limit: number): Promise<Reservation[]> {
    const rows = await rowsOf<ReservationRow>(
      this.dataSource,
      `SELECT ${reservationColumns} FROM payments.reservations
       WHERE state = 'settling' AND updated_at <= $1 ORDER BY updated_at LIMIT $2`,
      [new Date(untouchedSinceMs), limit],
    );
    return rows.map(toReservation);
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
    manager: EntityManager,
    update: string,
    parameters: unknown[],
  ): Promise<{ changed: boolean; reservation: Reservation }> {
    const [updated] = await rowsOf<ReservationRow>(
      manager,
      `WITH changed AS (${update}) SELECT * FROM changed`,
      parameters,
    );
    if (updated !== undefined) return { changed: true, reservation: toReservation(updated) };
    const reservation = await this.read(manager, 'id = $1', [parameters[0]]);
    if (reservation === undefined) throw new Error(`There is no reservation ${String(parameters[0])}.`);
    return { changed: false, reservation };
  }

  private async read(
    runner: SqlRunner,
    condition: string,
    parameters: unknown[],
  ): Promise<Reservation | undefined> {
    const [row] = await rowsOf<ReservationRow>(
      runner,
      `SELECT ${reservationColumns} FROM payments.reservations WHERE ${condition}`,
      parameters,
    );
    return row === undefined ? undefined : toReservation(row);
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

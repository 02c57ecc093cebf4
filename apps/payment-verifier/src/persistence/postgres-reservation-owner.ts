import { AppError } from '@touchstone/contracts';
import {
  newestAttempt,
  type Intent,
  type LaneOwner,
  type LaneTransaction,
  type SignedFor,
} from '@touchstone/evm';
import type { EntityManager } from 'typeorm';
import { bytes } from './reservation-row.js';
import { rowsOf } from './sql.js';

/**
 * Reservations as owners of the relayer's transactions: one each, and none for what is not held. Nothing else is stored
 * beside a transaction, since its reservation is there already.
 */
export class PostgresReservationOwner implements LaneOwner<undefined> {
  constructor(private readonly nowMs: () => number) {}

  async claim(
    manager: EntityManager,
    intents: readonly Intent<undefined>[],
  ): Promise<ReadonlyMap<string, AppError>> {
    const ids = intents.map(({ subject }) => subject);
    const rows = await rowsOf<{ id: string; state: string; verified: boolean }>(
      manager,
      // In the order of their ids: two processes that lock some of the same rows must not wait for each other.
      'SELECT id, state, verified FROM payments.reservations WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE',
      [ids],
    );
    const held = new Map(rows.map((row) => [row.id, row]));
    return new Map(
      ids.flatMap((id) => {
        const row = held.get(id);
        if (row?.state === 'reserved' && row.verified) return [];
        return [[id, new AppError('conflict', `The reservation is ${row?.state ?? 'gone'}.`)] as const];
      }),
    );
  }

  async signed(manager: EntityManager, signed: readonly SignedFor<undefined>[]): Promise<void> {
    await rowsOf(
      manager,
      `WITH changed AS (
         UPDATE payments.reservations AS r SET transaction = made.hash, updated_at = $3,
           state = CASE state WHEN 'settled' THEN state ELSE 'settling' END
         FROM unnest($1::uuid[], $2::bytea[]) AS made (id, hash) WHERE r.id = made.id RETURNING 1)
       SELECT count(*) FROM changed`,
      [
        signed.map(({ transaction }) => transaction.subject),
        signed.map(({ transaction }) => bytes(newestAttempt(transaction).hash)),
        new Date(this.nowMs()),
      ],
    );
  }

  /** A settlement that a reorganisation undid is made again, too; the payment stays settled meanwhile. */
  async wants(manager: EntityManager, { subject, attempts }: LaneTransaction): Promise<boolean> {
    const [row] = await rowsOf<{ wanted: boolean }>(
      manager,
      `SELECT state = 'settling' OR (state = 'settled' AND transaction = ANY($2::bytea[])) AS wanted
       FROM payments.reservations WHERE id = $1 FOR UPDATE`,
      [subject, attempts.map(({ hash }) => bytes(hash))],
    );
    return row?.wanted === true;
  }
}

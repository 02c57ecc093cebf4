import type { EntityManager } from 'typeorm';
import type { PaymentKey } from '../domain/payment.js';
import type { Claim, ReservationDraft } from '../domain/ports.js';
import { OTHER_REQUESTS_MAX, type ClaimDecision, type Reservation } from '../domain/reservation.js';
import {
  bytes,
  keptColumns,
  keptOf,
  reservationColumns,
  toReservation,
  type ReservationRow,
} from './reservation-row.js';
import { rowsOf, type SqlRunner } from './sql.js';

/** The condition that finds the reservation of a payment, with {@link keyOf} as parameters. */
export const ONE_PAYMENT = 'network = $1 AND asset = $2 AND payer = $3 AND nonce = $4';

export function keyOf({ network, asset, payer, nonce }: PaymentKey): unknown[] {
  return [network, asset, payer, bytes(nonce)];
}

/** The reservation that fits a condition. */
export async function readReservation(
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

/**
 * Inserts a claim, or gives the reservation of a payment that is known, as it was when the statement began; neither
 * when it was inserted or forgotten by somebody else in this moment.
 */
export async function insertReservation(
  runner: SqlRunner,
  draft: ReservationDraft,
): Promise<{ readonly inserted?: Reservation; readonly known?: Reservation }> {
  const { payment } = draft;
  const first = 12;
  const [row] = await rowsOf<ReservationRow & { readonly is_new: boolean }>(
    runner,
    `WITH inserted AS (
       INSERT INTO payments.reservations (id, network, asset, payer, nonce, state, request_digest, lease_until, from_block,
         created_at, updated_at, verified, ${keptColumns.join(', ')})
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, ${placesFrom(first)})
       ON CONFLICT ON CONSTRAINT reservations_one_per_payment DO NOTHING
       RETURNING ${reservationColumns})
     SELECT true AS is_new, ${reservationColumns} FROM inserted
     UNION ALL
     SELECT false, ${reservationColumns} FROM payments.reservations
     WHERE network = $2 AND asset = $3 AND payer = $4 AND nonce = $5 AND NOT EXISTS (SELECT FROM inserted)`,
    [
      draft.id,
      ...keyOf(payment),
      'reserved',
      bytes(draft.requestDigest),
      new Date(draft.leaseUntilMs),
      draft.fromBlock.toString(),
      new Date(draft.nowMs),
      draft.verified === true,
      ...keptOf(payment),
    ],
  );
  if (row === undefined) return {};
  return row.is_new ? { inserted: toReservation(row) } : { known: toReservation(row) };
}

/** Decides about a payment that is known, with its row locked; undefined when it was forgotten meanwhile. */
export async function claimExisting(
  manager: EntityManager,
  draft: ReservationDraft,
  decide: (existing: Reservation) => ClaimDecision,
): Promise<Claim | undefined> {
  const existing = await readReservation(manager, `${ONE_PAYMENT} FOR UPDATE`, keyOf(draft.payment));
  if (existing === undefined) return undefined;
  const decision = decide(existing);
  if (decision.kind === 'take') return take(manager, existing, draft);
  if (decision.kind !== 'bound' || existing.otherRequests > OTHER_REQUESTS_MAX)
    return { taken: false, reservation: existing, decision };
  const otherRequests = existing.otherRequests + 1;
  await rowsOf(
    manager,
    `WITH counted AS (UPDATE payments.reservations SET other_requests = $2 WHERE id = $1) SELECT 1`,
    [existing.id, otherRequests],
  );
  return { taken: false, reservation: { ...existing, otherRequests }, decision };
}

async function take(
  manager: EntityManager,
  existing: Reservation,
  { payment, requestDigest, leaseUntilMs, nowMs, verified }: ReservationDraft,
): Promise<Claim | undefined> {
  const first = 6;
  const kept = keptColumns.map((column, place) => `${column} = $${first + place}`).join(', ');
  const [taken] = await rowsOf<ReservationRow>(
    manager,
    `WITH changed AS (
       UPDATE payments.reservations SET state = 'reserved', request_digest = $2, lease_until = $3, updated_at = $4,
         reason = NULL, verified = verified OR $5, ${kept}
       WHERE id = $1 RETURNING ${reservationColumns})
     SELECT * FROM changed`,
    [
      existing.id,
      bytes(requestDigest),
      new Date(leaseUntilMs),
      new Date(nowMs),
      verified === true,
      ...keptOf(payment),
    ],
  );
  return taken === undefined ? undefined : { taken: true, reservation: toReservation(taken) };
}

/** Places of the kept columns among the parameters. */
function placesFrom(first: number): string {
  return keptColumns.map((_, place) => `$${first + place}`).join(', ');
}

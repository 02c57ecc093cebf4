import type { SignedAuthorization } from '../domain/payment.js';
import type { Reservation, ReservationState, Settlement } from '../domain/reservation.js';

/** Columns of a reservation in the types that the driver gives. */
export interface ReservationRow {
  readonly id: string;
  readonly network: string;
  readonly asset: string;
  readonly payer: string;
  readonly nonce: Buffer;
  readonly request_digest: Buffer;
  readonly authorization_digest: Buffer;
  readonly pay_to: string;
  readonly amount: string;
  readonly valid_before: string;
  readonly state: ReservationState;
  readonly verified: boolean;
  readonly lease_until: Date;
  readonly from_block: string;
  readonly transaction: Buffer | null;
  readonly settlement: Settlement | null;
  readonly reason: string | null;
  readonly updated_at: Date;
  readonly authorization: SignedAuthorization | null;
  readonly owed_at: Date | null;
  readonly recheck_after: Date | null;
  readonly other_requests: number;
}

/** The columns above, for SELECT and RETURNING. */
export const reservationColumns = `id, network, asset, payer, nonce, request_digest, authorization_digest, pay_to,
  amount, valid_before, state, verified, lease_until, from_block, transaction, settlement, reason, updated_at,
  "authorization", owed_at, recheck_after, other_requests`;

export function toReservation(row: ReservationRow): Reservation {
  return {
    id: row.id,
    network: row.network,
    asset: row.asset,
    payer: row.payer,
    nonce: row.nonce.toString('hex'),
    requestDigest: row.request_digest.toString('hex'),
    authorizationDigest: row.authorization_digest.toString('hex'),
    payTo: row.pay_to,
    amount: BigInt(row.amount),
    validBefore: BigInt(row.valid_before),
    state: row.state,
    verified: row.verified,
    leaseUntilMs: row.lease_until.getTime(),
    fromBlock: BigInt(row.from_block),
    transaction: row.transaction === null ? null : `0x${row.transaction.toString('hex')}`,
    settlement: row.settlement,
    reason: row.reason,
    updatedAtMs: row.updated_at.getTime(),
    authorization: row.authorization,
    owedAtMs: row.owed_at?.getTime() ?? null,
    recheckAtMs: row.recheck_after?.getTime() ?? null,
    otherRequests: row.other_requests,
  };
}

/** Bytes of hex with or without `0x`, as a query parameter. */
export function bytes(hex: string): Buffer {
  return Buffer.from(hex.startsWith('0x') ? hex.slice(2) : hex, 'hex');
}

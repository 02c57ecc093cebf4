import type { DirectTransfer, TransferPayment } from '../domain/direct-transfer.js';
import type { Payment, SignedAuthorization } from '../domain/payment.js';
import { authorizationOf } from '../domain/read-payment.js';
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
  readonly made_by: Buffer | null;
  readonly made_log_index: string;
  readonly made_position: number;
  readonly is_payer_proven: boolean;
  readonly block_number: string;
  readonly block_hash: Buffer;
}

/** The columns above, for SELECT and RETURNING; of a direct transfer all are there, or none. */
export const reservationColumns = `id, network, asset, payer, nonce, request_digest, authorization_digest, pay_to,
  amount, valid_before, state, verified, lease_until, from_block, transaction, settlement, reason, updated_at,
  "authorization", owed_at, recheck_after, other_requests, made_by, made_log_index, made_position, is_payer_proven,
  block_number, block_hash`;

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
    transfer: transferOf(row),
    owedAtMs: row.owed_at?.getTime() ?? null,
    recheckAtMs: row.recheck_after?.getTime() ?? null,
    otherRequests: row.other_requests,
  };
}

function transferOf(row: ReservationRow): DirectTransfer | null {
  if (row.made_by === null) return null;
  return {
    transaction: `0x${row.made_by.toString('hex')}`,
    logIndex: Number(row.made_log_index),
    position: row.made_position,
    isPayerProven: row.is_payer_proven,
    block: { number: BigInt(row.block_number), hash: `0x${row.block_hash.toString('hex')}` },
  };
}

/** What a reservation keeps beside its key, in the order of {@link keptColumns}. */
export function keptOf(payment: Payment | TransferPayment): unknown[] {
  const { authorizationDigest, payTo, amount, validBefore } = payment;
  const common = [bytes(authorizationDigest), payTo, amount.toString(), validBefore.toString()];
  if (!('transfer' in payment))
    return [...common, JSON.stringify(authorizationOf(payment)), null, null, null, null, null, null];
  const { transaction, logIndex, position, isPayerProven, block } = payment.transfer;
  const made = [
    bytes(transaction),
    logIndex,
    position,
    isPayerProven,
    block.number.toString(),
    bytes(block.hash),
  ];
  return [...common, null, ...made];
}

/** Columns of {@link keptOf}. */
export const keptColumns = [
  'authorization_digest',
  'pay_to',
  'amount',
  'valid_before',
  '"authorization"',
  'made_by',
  'made_log_index',
  'made_position',
  'is_payer_proven',
  'block_number',
  'block_hash',
];

/** Bytes of hex with or without `0x`, as a query parameter. */
export function bytes(hex: string): Buffer {
  return Buffer.from(hex.startsWith('0x') ? hex.slice(2) : hex, 'hex');
}

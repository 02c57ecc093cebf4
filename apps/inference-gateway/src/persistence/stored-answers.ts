import { AppError, paymentReference, type VerificationState } from '@touchstone/contracts';
import { TRANSFER_DROPPED } from '@touchstone/contracts/transfer';
import type { EntityManager } from 'typeorm';
import {
  SETTLE_ASK_AFTER_MS,
  SETTLE_ASK_PAUSE_LAST_MS,
  type SoughtPayment,
  type StoredAnswer,
} from '../domain/payment/stored-answer.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

interface AnswerRow {
  readonly reservation_id: string;
  readonly id: string;
  readonly state: VerificationState;
  readonly body: Buffer | null;
  readonly request_digest: string;
  readonly model_version_id: string;
  readonly payment: unknown;
  readonly handed_out: boolean;
}

const answers = `SELECT v.reservation_id, v.id, v.state, a.body, v.context ->> 'requestDigest' AS request_digest,
    encode(v.model_version_id, 'hex') AS model_version_id, v.context -> 'payment' AS payment, a.handed_out
  FROM ${schema}.verifications v LEFT JOIN ${schema}.stored_answers a ON a.reservation_id = v.reservation_id`;

/** The answer of a reservation. @throws AppError `conflict` when its verification is there without it */
export async function findAnswer(
  manager: EntityManager,
  reservationId: string,
): Promise<StoredAnswer | undefined> {
  const [row] = (await manager.query(`${answers} WHERE v.reservation_id = $1`, [
    reservationId,
  ])) as AnswerRow[];
  return row && toAnswer(row);
}

/** The answers that were made for one authorisation, or for transfers of one transaction. */
export async function findAnswersByPayment(
  manager: EntityManager,
  sought: SoughtPayment,
): Promise<readonly StoredAnswer[]> {
  const [condition, parameters] = soughtIn("v.context -> 'payment'", sought);
  const sql = `${answers} WHERE v.reservation_id IS NOT NULL AND ${condition}`;
  const rows = (await manager.query(sql, parameters)) as AnswerRow[];
  return rows.map(toAnswer);
}

/** The condition that finds a payment in a JSON column, and its parameters. */
export function soughtIn(column: string, sought: SoughtPayment): [condition: string, parameters: string[]] {
  if ('txHash' in sought) return [`${column} ->> 'txHash' = $1`, [sought.txHash]];
  return [`${column} ->> 'nonce' = $1 AND ${column} ->> 'payer' = $2`, [sought.nonce, sought.payer]];
}

/**
 * Which payments a failure of a reason marks as failed: those that are not settled, and one that was settled before the time of $3 where
 * the chain dropped its transfer.
 */
export const failing = (reason: string): string => {
  const settled = reason === TRANSFER_DROPPED ? 'settled_at <= $3::timestamptz' : '$3::timestamptz IS NULL';
  return `(state IN ('executed', 'payment-failed') OR (state = 'settled' AND ${settled}))`;
};

/** What can still be settled: a payment whose settlement was reversed cannot, by an event that comes late. */
export const SETTLEABLE = `(state = 'executed' OR (state = 'payment-failed' AND settlement IS NULL))`;

/** See the port. Replicas pass over what another one has locked, so that each answer is asked for once. */
export async function claimUnsettled(
  manager: EntityManager,
  nowMs: number,
  limit: number,
): Promise<readonly string[]> {
  const [rows] = (await manager.query(
    `UPDATE ${schema}.verifications SET settle_after = $1::timestamptz + greatest($3::float8 * interval '1 millisecond',
       least($4::float8 * interval '1 millisecond', ($1::timestamptz - created_at) / 4))
     WHERE id IN (SELECT id FROM ${schema}.verifications WHERE state = 'executed' AND settle_after <= $1
       ORDER BY settle_after LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING reservation_id`,
    [new Date(nowMs).toISOString(), limit, SETTLE_ASK_AFTER_MS, SETTLE_ASK_PAUSE_LAST_MS],
  )) as [{ reservation_id: string }[], number];
  return rows.map((row) => row.reservation_id);
}

function toAnswer(row: AnswerRow): StoredAnswer {
  if (row.body === null)
    throw new AppError(
      'conflict',
      'The payment has a verification, but its answer is lost; ask the operator.',
    );
  return {
    reservationId: row.reservation_id,
    verificationId: row.id,
    state: row.state,
    body: new Uint8Array(row.body),
    requestDigest: row.request_digest,
    modelVersionId: row.model_version_id,
    payment: paymentReference.parse(row.payment),
    handedOut: row.handed_out,
  };
}

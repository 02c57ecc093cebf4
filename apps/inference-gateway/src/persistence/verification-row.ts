import {
  paymentReference,
  modelCommitment,
  outputContext,
  outputProof,
  type VerificationState,
} from '@touchstone/contracts';
import { toBytea } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import { type Verification } from '../domain/inference/verification.js';
import { SETTLE_ASK_AFTER_MS } from '../domain/payment/stored-answer.js';
import type { Settlement } from '../domain/payment/payment.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';
import { COUNTED_COLUMNS, countingSql } from './usage-row.js';

/** A verification joined with its commitment, as the driver gives it. */
export interface VerificationRow {
  readonly id: string;
  readonly state: VerificationState;
  readonly model_id: string;
  readonly model_version_id: string;
  readonly proof: unknown;
  readonly context: unknown;
  readonly commitment: unknown;
  readonly reservation_id: string | null;
  readonly settlement: Settlement | null;
  readonly failure: string | null;
  readonly inference_ms: number;
  readonly total_ms: number;
  readonly created_at: Date;
  readonly settled_at: Date | null;
}

/**
 * Inserts verifications with one statement, which counts those that are free; the others count when they are paid.
 *
 * @returns how many were inserted; a reservation that has a row already is left alone
 */
export async function insertVerifications(
  manager: EntityManager,
  verifications: readonly Verification[],
): Promise<number> {
  const column = <T>(value: (verification: Verification) => T): T[] => verifications.map(value);
  const rows = (await manager.query(
    `WITH made AS (INSERT INTO ${schema}.verifications (id, state, model_id, model_version_id, nonce, commitment_sequence, proof,
                                          context, reservation_id, inference_ms, total_ms, created_at,
                                          settle_after)
     SELECT id, state, model_id, model_version_id, nonce, sequence, proof::jsonb, context::jsonb, reservation_id,
            inference_ms, total_ms, created_at,
            CASE state WHEN 'executed' THEN created_at + $13::float8 * interval '1 millisecond' END
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::int[], $7::text[], $8::text[],
                 $9::uuid[], $10::float8[], $11::float8[], $12::timestamptz[])
       AS row (id, state, model_id, model_version_id, nonce, sequence, proof, context, reservation_id, inference_ms,
               total_ms, created_at)
     ON CONFLICT (reservation_id) DO NOTHING RETURNING id, state, ${COUNTED_COLUMNS}),
     counted AS (${countingSql('made', 1, "state = 'recorded'")})
     SELECT id FROM made`,
    [
      column(({ id }) => id),
      column(({ state }) => state),
      column(({ modelId }) => modelId),
      column(({ modelVersionId }) => toBytea(modelVersionId)),
      column(({ proof }) => toBytea(proof.nonce)),
      column(({ commitment }) => commitment.sequence),
      column(({ proof }) => JSON.stringify(proof)),
      column(({ context }) => JSON.stringify(context)),
      column(({ reservationId }) => reservationId),
      column(({ inferenceMs }) => inferenceMs),
      column(({ totalMs }) => totalMs),
      column(({ createdAtMs }) => new Date(createdAtMs).toISOString()),
      SETTLE_ASK_AFTER_MS,
    ],
  )) as { id: string }[];
  const inserted = new Set(rows.map(({ id }) => id));
  await insertProvable(
    manager,
    verifications.filter(({ id }) => inserted.has(id)),
  );
  return rows.length;
}

/** Tensors are kept for what can be proved alone: of everything else the evidence has them. */
async function insertProvable(manager: EntityManager, verifications: readonly Verification[]): Promise<void> {
  const rows = verifications.flatMap(({ id, provable }) => (provable ? [{ id, ...provable }] : []));
  if (rows.length === 0) return;
  await manager.query(
    `INSERT INTO ${schema}.provable_outputs (verification_id, inputs, outputs)
     SELECT id, inputs::jsonb, outputs::jsonb FROM unnest($1::uuid[], $2::text[], $3::text[]) AS row (id, inputs, outputs)`,
    [
      rows.map(({ id }) => id),
      rows.map(({ inputs }) => JSON.stringify(inputs)),
      rows.map(({ outputs }) => JSON.stringify(outputs)),
    ],
  );
}

/** Reads a row back; what is stored was validated before, so a row that does not fit is a defect. */
export function toVerification(row: VerificationRow): Verification {
  const context = outputContext.parse(row.context);
  return {
    id: row.id,
    state: row.state,
    modelId: row.model_id,
    modelVersionId: row.model_version_id,
    proof: outputProof.parse(row.proof),
    context,
    commitment: modelCommitment.parse(row.commitment),
    reservationId: row.reservation_id,
    payment: context.payment === null ? null : paymentReference.parse(context.payment),
    settlement: row.settlement,
    failure: row.failure,
    inferenceMs: row.inference_ms,
    totalMs: row.total_ms,
    createdAtMs: row.created_at.getTime(),
    settledAtMs: row.settled_at?.getTime() ?? null,
  };
}

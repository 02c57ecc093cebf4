import type { EntityManager } from 'typeorm';
import type { Verification } from '../domain/inference/verification.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';
import { toVerification, type VerificationRow } from './verification-row.js';

/** Verifications with their commitments. @param rest what follows WHERE, in terms of `v` */
export async function selectVerifications(
  manager: EntityManager,
  rest: string,
  parameters: unknown[],
): Promise<Verification[]> {
  const rows = (await manager.query(
    `SELECT v.id, v.state, v.model_id, encode(v.model_version_id, 'hex') AS model_version_id, v.proof, v.context,
            c.commitment, v.reservation_id, v.settlement, v.failure, v.inference_ms, v.total_ms,
            v.created_at, v.settled_at
     FROM ${schema}.verifications v
     JOIN ${schema}.model_commitments c
       ON c.model_version_id = v.model_version_id AND c.sequence = v.commitment_sequence
     WHERE ${rest}`,
    parameters,
  )) as VerificationRow[];
  return rows.map(toVerification);
}

/** See the port. A transfer is named by what was claimed, an authorisation by the transaction that settled it. */
export function findByTransaction(
  manager: EntityManager,
  txHash: string,
  limit: number,
): Promise<Verification[]> {
  return selectVerifications(
    manager,
    `v.id IN (SELECT id FROM ${schema}.verifications
              WHERE reservation_id IS NOT NULL AND context -> 'payment' ->> 'txHash' = $1
              UNION SELECT id FROM ${schema}.verifications
              WHERE settlement IS NOT NULL AND settlement ->> 'transaction' = $2)
     ORDER BY v.created_at, v.id LIMIT $3`,
    [txHash, `0x${txHash}`, limit],
  );
}

import { toBytea } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import { modelStatuses, type ModelStatus } from '@touchstone/contracts';
import type { Change } from '../domain/market/submission.js';
import { type Model } from '../domain/model/model.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

/** Stores a model version as active; `onConflict` says what becomes of one that is stored already. */
export async function insertModel(
  runner: Pick<EntityManager, 'query'>,
  { manifest, identity, modelVersionId, modelHashSha3, sizeBytes }: Model,
  onConflict = '',
): Promise<void> {
  await runner.query(
    `INSERT INTO ${schema}.models AS m (model_version_id, model_id, name, version, developer, task, model_hash,
                                        model_hash_sha3, size_bytes, price_atomic, status, manifest)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11) ${onConflict}`,
    [
      toBytea(modelVersionId),
      manifest.id,
      identity.name,
      identity.version,
      identity.developer,
      manifest.task,
      toBytea(identity.modelHash),
      toBytea(modelHashSha3),
      sizeBytes,
      manifest.priceAtomic,
      JSON.stringify(manifest),
    ],
  );
}

/** Sets the status of a version. @returns the one before */
export async function changeStatus(
  runner: Pick<EntityManager, 'query'>,
  modelVersionId: string,
  status: ModelStatus,
): Promise<string | undefined> {
  const [rows] = (await runner.query(
    `UPDATE ${schema}.models m SET status = $2
     FROM (SELECT model_version_id, status FROM ${schema}.models WHERE model_version_id = $1 FOR UPDATE) AS old
     WHERE m.model_version_id = old.model_version_id RETURNING old.status`,
    [toBytea(modelVersionId), status],
  )) as [{ status: string }[], number];
  return rows[0]?.status;
}

/** Writes down what became of a version. */
export async function insertModelChange(
  runner: Pick<EntityManager, 'query'>,
  modelVersionId: string,
  { atMs, by, from, to, reason }: Change,
): Promise<void> {
  await runner.query(
    `INSERT INTO ${schema}.model_changes (model_version_id, at, by, from_status, to_status, reason)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [toBytea(modelVersionId), new Date(atMs).toISOString(), by, from, to, reason],
  );
}

/** The status that a row names; one that this build does not know takes no requests. */
export function statusOf(text: string): ModelStatus {
  return modelStatuses.find((known) => known === text) ?? 'pending';
}

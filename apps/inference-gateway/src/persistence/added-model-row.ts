import { AppError } from '@touchstone/contracts';
import { toBytea } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import { versionedId } from '../domain/model/add-model.js';
import { ADDED_MODELS_MAX } from '../domain/model/added-model.js';
import type { Model } from '../domain/model/model.js';
import { insertModel } from './model-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

/** Whether there is no room for another added model. */
export async function isFull(manager: EntityManager): Promise<boolean> {
  const rows = (await manager.query(
    `SELECT count(*)::int AS added FROM ${schema}.added_models WHERE file IS NOT NULL`,
  )) as { added: number }[];
  return (rows[0]?.added ?? 0) >= ADDED_MODELS_MAX;
}

/** The first version of a name is asked under the name, the others under name and version. @throws AppError `conflict` */
export async function withFreeId(manager: EntityManager, model: Model): Promise<Model> {
  const { name, version } = model.identity;
  for (const id of [name, versionedId(name, version)]) {
    const rows = (await manager.query(`SELECT 1 FROM ${schema}.models WHERE model_id = $1 LIMIT 1`, [
      id,
    ])) as unknown[];
    if (rows.length === 0) return { ...model, manifest: { ...model.manifest, id } };
  }
  throw new AppError('conflict', `The ids "${name}" and "${versionedId(name, version)}" are taken.`);
}

/** Stores an added model with its file; that of a submission is put together by the database. */
export async function insertAdded(
  manager: EntityManager,
  model: Model,
  file: Uint8Array | { readonly submissionId: string },
): Promise<void> {
  const { manifest, identity, modelVersionId, market } = model;
  await insertModel(manager, model);
  const isSubmitted = 'submissionId' in file;
  const source = isSubmitted
    ? `(SELECT string_agg(bytes, ''::bytea ORDER BY place) FROM ${schema}.submission_pieces WHERE submission_id = $5::uuid)`
    : '$5::bytea';
  await manager.query(
    `INSERT INTO ${schema}.added_models (model_version_id, model_id, name, version, file, market)
     VALUES ($1, $2, $3, $4, ${source}, $6)`,
    [
      ...[toBytea(modelVersionId), manifest.id, identity.name, identity.version],
      ...[isSubmitted ? file.submissionId : Buffer.from(file), market ? JSON.stringify(market) : null],
    ],
  );
}

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
    `SELECT count(*)::int AS added FROM ${schema}.added_models WHERE file_id IS NOT NULL`,
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

/** Stores an added model that refers to its file. */
export async function insertAdded(manager: EntityManager, model: Model, fileId: string): Promise<void> {
  const { manifest, identity, modelVersionId, market } = model;
  await insertModel(manager, model);
  await manager.query(
    `INSERT INTO ${schema}.added_models (model_version_id, model_id, name, version, file_id, market)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      ...[toBytea(modelVersionId), manifest.id, identity.name, identity.version],
      ...[fileId, market ? JSON.stringify(market) : null],
    ],
  );
}

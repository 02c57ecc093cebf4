import { toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import { modelStatuses, type Model, type ModelStatus } from '../domain/model/model.js';
import type { ModelRegistry } from '../domain/model/register-models.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

/** Model versions in PostgreSQL. */
export class ModelRepository implements ModelRegistry {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Insert-first by modelVersionId, so that replicas which start together make one row. What the identity does not
   * cover follows the manifest; the status is the operator's and stays.
   */
  register(model: Model): Promise<void> {
    const { manifest, identity, modelVersionId, modelHashSha3, sizeBytes } = model;
    return withDatabase(async () => {
      await this.dataSource.query(
        `INSERT INTO ${schema}.models AS m (model_version_id, model_id, name, version, developer, task, model_hash,
                                            model_hash_sha3, size_bytes, price_atomic, status, manifest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11)
         ON CONFLICT (model_version_id) DO UPDATE
         SET model_id = excluded.model_id, task = excluded.task, price_atomic = excluded.price_atomic,
             manifest = excluded.manifest
         WHERE m.manifest <> excluded.manifest`,
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
    });
  }

  statuses(): Promise<ReadonlyMap<string, ModelStatus>> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(
        `SELECT encode(model_version_id, 'hex') AS id, status FROM ${schema}.models`,
      )) as { id: string; status: string }[];
      return new Map(
        rows.map(({ id, status }) => [id, modelStatuses.find((known) => known === status) ?? 'pending']),
      );
    });
  }
}

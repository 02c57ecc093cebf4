import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { ModelStatus } from '@touchstone/contracts';
import type { Model } from '../domain/model/model.js';
import type { ModelStore } from '../domain/model/register-models.js';
import { insertModel, statusOf } from './model-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

/** Model versions in PostgreSQL. */
export class PostgresModelStore implements ModelStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Insert-first by modelVersionId, so that replicas which start together make one row. What the identity does not
   * cover follows the manifest; the status is the operator's and stays.
   */
  register(model: Model): Promise<void> {
    return withDatabase(() =>
      insertModel(
        this.dataSource,
        model,
        `ON CONFLICT (model_version_id) DO UPDATE
         SET model_id = excluded.model_id, task = excluded.task, price_atomic = excluded.price_atomic,
             manifest = excluded.manifest
         WHERE m.manifest <> excluded.manifest`,
      ),
    );
  }

  statuses(): Promise<ReadonlyMap<string, ModelStatus>> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(
        `SELECT encode(model_version_id, 'hex') AS id, status FROM ${schema}.models`,
      )) as { id: string; status: string }[];
      return new Map(rows.map(({ id, status }) => [id, statusOf(status)]));
    });
  }
}

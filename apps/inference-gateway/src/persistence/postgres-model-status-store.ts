import type { ModelStatus } from '@touchstone/contracts';
import { toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { ModelStatusStore } from '../domain/market/change-status.js';
import type { Change } from '../domain/market/submission.js';
import { insertModelChange, statusOf } from './model-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

/** Statuses of model versions in PostgreSQL, with a line for each change. */
export class PostgresModelStatusStore implements ModelStatusStore {
  constructor(private readonly dataSource: DataSource) {}

  change(
    modelVersionId: string,
    change: { readonly from: ModelStatus; readonly to: ModelStatus } & Pick<Change, 'by' | 'reason' | 'atMs'>,
  ): Promise<ModelStatus | undefined> {
    const { from, to } = change;
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const id = toBytea(modelVersionId);
        // The update is the decision: of two at once the second one finds another status.
        const [, count] = (await manager.query(
          `UPDATE ${schema}.models SET status = $2 WHERE model_version_id = $1 AND status = $3`,
          [id, to, from],
        )) as [unknown, number];
        if (count > 0) {
          await insertModelChange(manager, modelVersionId, change);
          return to;
        }
        const [row] = (await manager.query(
          `SELECT status FROM ${schema}.models WHERE model_version_id = $1`,
          [id],
        )) as { status: string }[];
        return row && statusOf(row.status);
      }),
    );
  }

  history(modelVersionId: string, limit: number): Promise<readonly Change[]> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(
        `SELECT at, by, from_status AS "from", to_status AS "to", reason FROM ${schema}.model_changes
         WHERE model_version_id = $1 ORDER BY id DESC LIMIT $2`,
        [toBytea(modelVersionId), limit],
      )) as (Omit<Change, 'atMs'> & { at: Date })[];
      return rows.map(({ at, ...change }) => ({ ...change, atMs: at.getTime() }));
    });
  }
}

import { modelCommitment, type ModelCommitment } from '@touchstone/contracts';
import { commitmentHash } from '@touchstone/evidence';
import { toBytea, withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { CommitmentStore } from '../domain/model/commitment-keeper.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

/** Model commitments in PostgreSQL. */
export class PostgresCommitmentStore implements CommitmentStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  latest(modelVersionId: string): Promise<ModelCommitment | undefined> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(
        `SELECT commitment FROM ${schema}.model_commitments WHERE model_version_id = $1
         ORDER BY sequence DESC LIMIT 1`,
        [toBytea(modelVersionId)],
      )) as { commitment: unknown }[];
      return rows[0] ? modelCommitment.parse(rows[0].commitment) : undefined;
    });
  }

  history(modelVersionId: string, limit: number): Promise<ModelCommitment[]> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(
        `SELECT commitment FROM ${schema}.model_commitments WHERE model_version_id = $1
         ORDER BY sequence DESC LIMIT $2`,
        [toBytea(modelVersionId), limit],
      )) as { commitment: unknown }[];
      return rows.map(({ commitment }) => modelCommitment.parse(commitment));
    });
  }

  publish(modelId: string, commitment: ModelCommitment): Promise<boolean> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const rows = (await manager.query(
          `INSERT INTO ${schema}.model_commitments (model_version_id, sequence, commitment_hash, commitment)
           VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING sequence`,
          [
            toBytea(commitment.modelVersionId),
            commitment.sequence,
            toBytea(commitmentHash(commitment)),
            JSON.stringify(commitment),
          ],
        )) as unknown[];
        if (rows.length === 0) return false;
        await this.outbox.append(manager, 'evt.v1.inference.commitment.published', { modelId, commitment });
        return true;
      }),
    );
  }
}

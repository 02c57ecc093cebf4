import type { DataSource } from 'typeorm';
import type { StoredFigures } from '../metrics.js';
import { PROOF_SCHEMA as schema } from './schema.js';

/** Figures of the read model; each is an index read. */
export async function storedFigures(dataSource: DataSource): Promise<StoredFigures> {
  const [row] = (await dataSource.query(
    `SELECT size::float8 AS "logSize",
            (SELECT count(*)::int FROM ${schema}.log_entry WHERE log_index >= size) AS "entriesWaiting",
            (SELECT count(*)::int FROM ${schema}.checkpoint AS waiting WHERE state = 'pending') AS "checkpointsPending",
            (SELECT count(*)::int FROM ${schema}.anchor WHERE checkpoint_size IS NULL) AS "anchorsUnmatched"
     FROM ${schema}.log_state WHERE id = 1`,
  )) as [StoredFigures];
  return row;
}

import type { DataSource } from 'typeorm';
import type { ObjectPlaceName } from '../domain/object/ports.js';
import type { StoredFigures } from '../metrics.js';
import type { WaitingFigures } from '../object-metrics.js';
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

/** What waits for places; places for which nothing does are left out. */
export async function waitingObjects(
  dataSource: DataSource,
  places: readonly ObjectPlaceName[],
): Promise<readonly WaitingFigures[]> {
  return (await dataSource.query(
    `SELECT place, count(*)::int AS objects, extract(epoch FROM now() - min(waiting_since))::float8 AS "oldestSeconds"
     FROM ${schema}.object_publication JOIN ${schema}.output USING (verification_id)
     WHERE place = ANY($1) AND published_at IS NULL AND NOT withheld GROUP BY place`,
    [places],
  )) as WaitingFigures[];
}

import type { AnchorKind, AnchorState } from '@touchstone/contracts';
import { distinctValuesSql, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { NetworkFigures } from '../domain/anchor/anchor-reader.js';
import { BUDGET_WINDOW_MS } from '../domain/anchor/policy.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

interface NetworkRow {
  readonly network: string;
  readonly kind: AnchorKind;
  readonly states: Partial<Record<AnchorState, number>>;
  readonly finalAgeSeconds: number | null;
  readonly cost: string;
  readonly finalCost: string;
  readonly finalLeaves: number;
}

// Every part is read by an index, of the last hours alone. A batch is covered first by the anchor of the smallest checkpoint that holds it, so
// that the leaves of the last hours are those between what was final before and what is final now.
const FIGURES_SQL = `
  WITH known AS (${distinctValuesSql(`${schema}.chain_anchor`, 'network')}
  ), since AS (SELECT clock_timestamp() - $1 * interval '1 millisecond' AS time)
  SELECT known.network, any_one.kind, paid.cost::text AS cost, now.cost::text AS "finalCost",
         extract(epoch FROM clock_timestamp() - newest_final.final_at)::float8 AS "finalAgeSeconds",
         (SELECT coalesce(sum(leaf_count), 0)::float8 FROM ${schema}.batch
          WHERE log_index >= coalesce(before.size, 0) AND log_index < coalesce(now.size, 0)) AS "finalLeaves",
         open.states || jsonb_build_object('final', now.count) AS states
  FROM known CROSS JOIN since
  CROSS JOIN LATERAL (SELECT kind FROM ${schema}.chain_anchor AS own
    WHERE own.network = known.network LIMIT 1) AS any_one
  CROSS JOIN LATERAL (SELECT coalesce(sum(cost), 0) AS cost FROM ${schema}.chain_anchor AS own
    WHERE own.network = known.network AND cost > 0 AND cost_at > since.time) AS paid
  CROSS JOIN LATERAL (SELECT count(*) AS count, coalesce(sum(cost), 0) AS cost, max(checkpoint_size) AS size
    FROM ${schema}.chain_anchor AS own
    WHERE own.network = known.network AND state = 'final' AND final_at > since.time) AS now
  LEFT JOIN LATERAL (SELECT final_at FROM ${schema}.chain_anchor AS own
    WHERE own.network = known.network AND state = 'final' ORDER BY final_at DESC LIMIT 1) AS newest_final ON true
  LEFT JOIN LATERAL (SELECT checkpoint_size AS size FROM ${schema}.chain_anchor AS own
    WHERE own.network = known.network AND state = 'final' AND final_at <= since.time
    ORDER BY final_at DESC LIMIT 1) AS before ON true
  CROSS JOIN LATERAL (SELECT coalesce(jsonb_object_agg(state, count), '{}') AS states FROM (
    SELECT state, count(*) AS count FROM ${schema}.chain_anchor AS own
    WHERE own.network = known.network AND state IN ('prepared', 'sent', 'included', 'orphaned', 'failed')
    GROUP BY state) AS counted) AS open
  ORDER BY known.network`;

/** Figures of every network that has an anchor. */
export async function networkFigures(dataSource: DataSource): Promise<readonly NetworkFigures[]> {
  const rows = await withDatabase(
    () => dataSource.query(FIGURES_SQL, [BUDGET_WINDOW_MS]) as Promise<NetworkRow[]>,
  );
  return rows.map(({ network, kind, states, finalAgeSeconds, cost, finalCost, finalLeaves }) => ({
    ...{ network, kind, byState: states, finalLeaves },
    newestFinalAgeSeconds: finalAgeSeconds ?? undefined,
    cost: BigInt(cost),
    finalCost: BigInt(finalCost),
  }));
}

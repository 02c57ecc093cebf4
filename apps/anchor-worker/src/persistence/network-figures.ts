import type { AnchorKind, AnchorState } from '@touchstone/contracts';
import { withDatabase } from '@touchstone/postgres';
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

// A batch is covered first by the anchor of the smallest checkpoint that holds it, so that the leaves of the last hours are those between
// what was final before and what is final now.
const FIGURES_SQL = `
  WITH anchor AS (
    SELECT network, kind, state, checkpoint_size, final_at, coalesce(cost, 0) AS cost,
           coalesce(cost_at > clock_timestamp() - $1 * interval '1 millisecond', false) AS paid_now,
           coalesce(final_at > clock_timestamp() - $1 * interval '1 millisecond', false) AS final_now
    FROM ${schema}.chain_anchor
  ), network AS (
    SELECT network, min(kind) AS kind, max(final_at) AS final_at,
           coalesce(sum(cost) FILTER (WHERE paid_now), 0) AS cost,
           coalesce(sum(cost) FILTER (WHERE final_now), 0) AS final_cost,
           coalesce(max(checkpoint_size) FILTER (WHERE state = 'final' AND NOT final_now), 0) AS from_size,
           coalesce(max(checkpoint_size) FILTER (WHERE final_now), 0) AS to_size
    FROM anchor GROUP BY network
  )
  SELECT network, kind, cost::text AS cost, final_cost::text AS "finalCost",
         extract(epoch FROM clock_timestamp() - final_at)::float8 AS "finalAgeSeconds",
         (SELECT coalesce(sum(leaf_count), 0)::float8 FROM ${schema}.batch
          WHERE log_index >= from_size AND log_index < to_size) AS "finalLeaves",
         (SELECT jsonb_object_agg(state, count) FROM (SELECT state, count(*) AS count FROM anchor
          WHERE anchor.network = network.network GROUP BY state) AS counted) AS states
  FROM network ORDER BY network`;

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

import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import { BUDGET_WINDOW_MS, type AnchorHistory, type PaidCost } from '../domain/anchor/policy.js';
import type { Standing } from '../domain/anchor/target-store.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** When the newest anchor of the network `$1` was made that stood in a block or is final; a failure before it ends no streak. */
export const STREAK_BEGAN_SQL = `coalesce((SELECT max(created_at) FROM ${schema}.chain_anchor
  WHERE network = $1 AND state IN ('included', 'final')), '-infinity')`;

interface HistoryRow {
  readonly lastMs: number | null;
  readonly failures: number;
  readonly lastFailure: string | null;
  readonly newEntries: string;
  readonly waitingSinceMs: number | null;
  readonly openCostMax: string;
}

const COVERED_SQL = `coalesce((SELECT max(checkpoint_size) FROM ${schema}.chain_anchor
  WHERE network = $1 AND state <> 'failed'), 0)`;

const milliseconds = (time: string): string => `(extract(epoch FROM (${time})) * 1000)::float8`;

// The newest anchor is that of the largest checkpoint: the times are those of clocks that may have been wrong. An anchor that nobody
// waits for any more may still be mined, so that it counts for a day.
const HISTORY_SQL = `
  SELECT ${milliseconds(`SELECT created_at FROM ${schema}.chain_anchor WHERE network = $1
           ORDER BY checkpoint_size DESC, created_at DESC LIMIT 1`)} AS "lastMs",
         streak.failures, streak.reason AS "lastFailure",
         (coalesce((SELECT max(c.size) FROM ${schema}.checkpoint AS c), 0) - ${COVERED_SQL})::text AS "newEntries",
         ${milliseconds(`SELECT published_at FROM ${schema}.checkpoint AS waiting WHERE waiting.size > ${COVERED_SQL}
           ORDER BY waiting.size LIMIT 1`)} AS "waitingSinceMs",
         (SELECT coalesce(sum(coalesce(cost_max, $2::numeric)), 0)::text FROM ${schema}.chain_anchor
          WHERE network = $1 AND (state IN ('prepared', 'sent', 'orphaned') OR (state = 'included' AND cost IS NULL)
            OR (state = 'failed' AND cost IS NULL AND cost_max IS NOT NULL
                AND created_at > clock_timestamp() - interval '1 day'))) AS "openCostMax"
  FROM (SELECT count(*)::int AS failures, (array_agg(failure ORDER BY created_at DESC))[1] AS reason
        FROM ${schema}.chain_anchor
        WHERE network = $1 AND state = 'failed' AND created_at > ${STREAK_BEGAN_SQL}) AS streak`;

// Costs of a minute are one, of its newest moment; the ages are those of one clock.
const PAID_SQL = `
  SELECT (extract(epoch FROM clock_timestamp() - max(cost_at)) * 1000)::float8 AS "ageMs", sum(cost)::text AS cost
  FROM ${schema}.chain_anchor
  WHERE network = $1 AND cost > 0 AND cost_at > clock_timestamp() - $2 * interval '1 millisecond'
  GROUP BY date_trunc('minute', cost_at)`;

/** What happened on the network before. */
export async function historyOf(
  dataSource: DataSource,
  network: string,
  costUnknownMax: bigint,
): Promise<AnchorHistory> {
  const [rows, paid] = await withDatabase(() =>
    Promise.all([
      dataSource.query(HISTORY_SQL, [network, costUnknownMax.toString()]) as Promise<HistoryRow[]>,
      dataSource.query(PAID_SQL, [network, BUDGET_WINDOW_MS]) as Promise<{ ageMs: number; cost: string }[]>,
    ]),
  );
  const row = rows[0] as HistoryRow;
  return {
    lastCreatedAtMs: row.lastMs ?? undefined,
    failuresInRow: row.failures,
    lastFailure: row.lastFailure ?? undefined,
    newEntries: BigInt(row.newEntries),
    waitingSinceMs: row.waitingSinceMs ?? undefined,
    openCostMax: BigInt(row.openCostMax),
    paid: paid.map(({ ageMs, cost }): PaidCost => ({ ageMs, cost: BigInt(cost) })),
  };
}

/** How the best anchor of a checkpoint or a later one stands on the network. */
export async function standingOf(
  dataSource: DataSource,
  network: string,
  checkpointSize: bigint,
): Promise<Standing> {
  const [row] = await withDatabase(
    () =>
      dataSource.query(
        `SELECT bool_or(state IN ('included', 'final')) AS "isAnchored" FROM ${schema}.chain_anchor
         WHERE network = $1 AND checkpoint_size >= $2 AND state <> 'failed'`,
        [network, checkpointSize.toString()],
      ) as Promise<{ isAnchored: boolean | null }[]>,
  );
  if (row?.isAnchored == null) return 'none';
  return row.isAnchored ? 'anchored' : 'on-its-way';
}

import { GATEWAY_SCHEMA as schema } from './schema.js';

/** Columns of what is counted, in the order of {@link countedAs}. */
const COLUMNS = 'model_version_id, day, calls, errors, charged_atomic, inference_ms';

/** The columns that {@link countingSql} needs of each row. */
export const COUNTED_COLUMNS = `model_version_id, (created_at AT TIME ZONE 'UTC')::date AS day, inference_ms,
  coalesce((context -> 'payment' ->> 'amount')::numeric, 0) AS amount`;

/**
 * The part of a statement that counts answers which the same statement made durable, settled or reversed: it costs no
 * further round trip, and holds exactly when they do.
 *
 * @param rows name of the rows, with {@link COUNTED_COLUMNS}
 * @param sign −1 takes out again
 */
export function countingSql(rows: string, sign: 1 | -1, condition = 'true'): string {
  return `INSERT INTO ${schema}.model_usage_changes (${COLUMNS})
    SELECT model_version_id, day, ${sign} * count(*), 0, ${sign} * sum(amount), ${sign} * sum(inference_ms)
    FROM ${rows} WHERE ${condition} GROUP BY model_version_id, day`;
}

/** Everything that was counted of a version and day: the totals, and what is not added to them yet. */
export const USAGE = `(SELECT ${COLUMNS} FROM ${schema}.model_usage
  UNION ALL SELECT ${COLUMNS} FROM ${schema}.model_usage_changes)`;

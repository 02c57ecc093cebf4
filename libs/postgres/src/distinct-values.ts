/**
 * A query for the few different values of an indexed column of a large table: one index read for each, where `SELECT DISTINCT` reads every
 * row (PostgreSQL wiki, "Loose indexscan"). All parts are SQL of the caller and no values of others.
 *
 * @param condition of the rows that count; an index on the column must know it
 */
export function distinctValuesSql(table: string, column: string, condition = 'true'): string {
  return `
  WITH RECURSIVE known AS (
    (SELECT ${column} FROM ${table} WHERE ${condition} ORDER BY ${column} LIMIT 1)
    UNION ALL
    SELECT (SELECT next.${column} FROM ${table} AS next
            WHERE ${condition} AND next.${column} > known.${column} ORDER BY next.${column} LIMIT 1)
    FROM known WHERE known.${column} IS NOT NULL
  ) SELECT ${column} FROM known WHERE ${column} IS NOT NULL`;
}

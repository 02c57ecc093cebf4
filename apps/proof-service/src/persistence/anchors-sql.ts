import { PROOF_SCHEMA as schema } from './schema.js';

/**
 * A lateral that names the checkpoint which proves a batch best: the oldest that an anchor makes final, else the
 * oldest that covers it. `logIndex` is the SQL expression of the batch's place. Both branches are one index read.
 */
export function chosenCheckpointSql(logIndex: string): string {
  const covering = (condition: string, rank: number): string =>
    `(SELECT commitment, size, note, ${rank} AS rank FROM ${schema}.checkpoint
      WHERE state = 'verified' ${condition} AND checkpoint.size > ${logIndex} ORDER BY checkpoint.size LIMIT 1)`;
  return `SELECT commitment, size, note FROM (${covering('AND anchored', 0)} UNION ALL ${covering('', 1)}) AS candidate
          ORDER BY rank LIMIT 1`;
}

/** JSON of anchors in their order, most of them first seen first; `condition` may name columns of `anchor`. */
export function anchorsJsonSql(condition: string): string {
  return `(SELECT coalesce(json_agg(json_build_object(
             'anchorId', anchor_id, 'kind', kind, 'network', network, 'commitment', encode(commitment, 'hex'),
             'proof', proof, 'transaction', transaction, 'blockNumber', block_number::text,
             'finalAt', to_char(final_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
           ) ORDER BY final_at, anchor_id), '[]'::json)
           FROM (SELECT * FROM ${schema}.anchor WHERE ${condition} ORDER BY final_at, anchor_id LIMIT 16) AS chosen)`;
}

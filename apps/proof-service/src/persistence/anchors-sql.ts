import { distinctValuesSql } from '@touchstone/postgres';
import { PROOF_SCHEMA as schema } from './schema.js';

/** Most anchors of a bundle, of one network each. */
export const ANCHORS_CHOSEN_MAX = 16;

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

/** The networks that have anchors. */
const NETWORKS_SQL = distinctValuesSql(`${schema}.anchor`, 'network', 'checkpoint_size IS NOT NULL');

/** JSON of the size of the largest anchored checkpoint, by network. */
export const ANCHORED_SIZES_SQL = `
  (SELECT coalesce(json_object_agg(network, (SELECT max(checkpoint_size) FROM ${schema}.anchor
                                             WHERE anchor.network = named.network)::text), '{}'::json)
   FROM (${NETWORKS_SQL}) AS named)`;

/**
 * JSON of the checkpoints that prove a batch, in order of size: for each network the oldest that is anchored there and covers it, else
 * the oldest that covers it. `logIndex` is the SQL expression of the batch's place.
 */
export function chosenCheckpointsSql(logIndex: string): string {
  const anchored = `
    SELECT commitment, checkpoint_size AS size,
           json_agg(json_build_object('anchorId', anchor_id, 'network', network) ORDER BY network) AS anchors
    FROM (SELECT first.* FROM (${NETWORKS_SQL}) AS named CROSS JOIN LATERAL (
            SELECT anchor_id, network, commitment, checkpoint_size FROM ${schema}.anchor
            WHERE anchor.network = named.network AND checkpoint_size > ${logIndex}
            ORDER BY checkpoint_size, final_at, anchor_id LIMIT 1
          ) AS first ORDER BY checkpoint_size, network LIMIT ${ANCHORS_CHOSEN_MAX}) AS firsts
    GROUP BY commitment, checkpoint_size`;
  return `WITH anchored AS (${anchored}), chosen AS (
      SELECT * FROM anchored UNION ALL
      (SELECT commitment, size, '[]'::json FROM ${schema}.checkpoint
       WHERE state = 'verified' AND checkpoint.size > ${logIndex} AND NOT EXISTS (SELECT 1 FROM anchored)
       ORDER BY checkpoint.size LIMIT 1)
    )
    SELECT coalesce(json_agg(json_build_object('commitment', encode(commitment, 'hex'), 'size', size::text,
             'anchors', anchors) ORDER BY size), '[]'::json) FROM chosen`;
}

/** JSON of anchors in their order, most of them first seen first; `condition` may name columns of `anchor`. */
export function anchorsJsonSql(condition: string): string {
  return `(SELECT coalesce(json_agg(json_build_object(
             'anchorId', anchor_id, 'kind', kind, 'network', network, 'commitment', encode(commitment, 'hex'),
             'proof', proof, 'transaction', transaction, 'blockNumber', block_number::text,
             'finalAt', to_char(final_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
           ) ORDER BY final_at, anchor_id), '[]'::json)
           FROM (SELECT * FROM ${schema}.anchor WHERE ${condition} ORDER BY final_at, anchor_id
                 LIMIT ${ANCHORS_CHOSEN_MAX}) AS chosen)`;
}

import type { AnchorFinal } from '@touchstone/contracts';
import { distinctValuesSql, withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type { AnchorableCheckpoint } from '../domain/anchor/anchorable.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** The newest checkpoint that no anchor of the network covers. */
export async function anchorableOn(
  dataSource: DataSource,
  network: string,
): Promise<AnchorableCheckpoint | undefined> {
  const [row] = await withDatabase(
    () =>
      dataSource.query(
        `SELECT size::text AS size, note FROM ${schema}.checkpoint AS newest
         WHERE newest.size > coalesce((SELECT max(checkpoint_size) FROM ${schema}.chain_anchor
                                       WHERE network = $1 AND state <> 'failed'), 0)
         ORDER BY newest.size DESC LIMIT 1`,
        [network],
      ) as Promise<{ size: string; note: string }[]>,
  );
  return row && { size: BigInt(row.size), note: row.note };
}

/**
 * Tells that an anchor is final. A transaction goes to every batch that it covers first.
 *
 * @param anchoredAtSeconds Unix seconds that the chain or authority says
 */
export async function announceFinal(
  manager: EntityManager,
  outbox: Outbox,
  final: AnchorFinal,
  anchoredAtSeconds: string,
): Promise<void> {
  await manager.query(
    `UPDATE ${schema}.chain_anchor SET anchored_at = to_timestamp($2::float8) WHERE anchor_id = $1`,
    [final.anchorId, anchoredAtSeconds],
  );
  // What is in no block has no transaction that anybody could look up.
  if (final.blockNumber !== null)
    await manager.query(
      `UPDATE ${schema}.model_anchors SET txid = $1, anchored_at = to_timestamp($2::float8)
       WHERE txid IS NULL AND log_index < $3`,
      [final.transaction, anchoredAtSeconds, final.checkpointSize],
    );
  await outbox.append(manager, 'evt.v1.anchor.anchor.final', final);
}

/** The networks that have final anchors. */
export const FINAL_NETWORKS_SQL = distinctValuesSql(`${schema}.chain_anchor`, 'network', `state = 'final'`);

import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { LeafStageReader, ReachedLeaf } from '../leaf-progress.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** Most leaves of one step whose time is measured. */
export const LEAVES_MEASURED_MAX = 10_000;

const REACHED = `encode(leaf_hash, 'hex') AS leaf,
  extract(epoch FROM clock_timestamp() - accepted_at)::float8 AS "secondsSinceAccepted"`;

/**
 * Which leaves a step of the pipeline moved, and how long ago they were accepted. Both times are the database's, so
 * that replicas agree. Each statement reads the leaves of whole batches by their index (batch_id, leaf_index).
 */
export class PostgresLeafStageReader implements LeafStageReader {
  constructor(private readonly dataSource: DataSource) {}

  sealed(batchIds: readonly string[]): Promise<readonly ReachedLeaf[]> {
    return this.read(
      `SELECT ${REACHED} FROM ${schema}.leaf WHERE batch_id = ANY($1::uuid[]) LIMIT ${LEAVES_MEASURED_MAX}`,
      [batchIds],
    );
  }

  covered(fromSize: bigint, size: bigint): Promise<readonly ReachedLeaf[]> {
    return this.read(
      `SELECT ${REACHED} FROM ${schema}.batch JOIN ${schema}.leaf USING (batch_id)
       WHERE log_index >= $1 AND log_index < $2 LIMIT ${LEAVES_MEASURED_MAX}`,
      [fromSize.toString(), size.toString()],
    );
  }

  /** Anchors of one or several networks may become final in any order; what one before covered is not measured again. */
  anchored(size: bigint, network: string): Promise<readonly ReachedLeaf[]> {
    return this.read(
      `SELECT ${REACHED} FROM ${schema}.batch JOIN ${schema}.leaf USING (batch_id)
       WHERE log_index < $1 AND log_index >= (
         SELECT coalesce(max(before.checkpoint_size), 0)
         FROM ${schema}.chain_anchor AS this
         JOIN ${schema}.chain_anchor AS before ON before.state = 'final'
           AND (before.final_at, before.anchor_id) < (this.final_at, this.anchor_id)
         WHERE this.network = $2 AND this.checkpoint_size = $1 AND this.state = 'final')
       LIMIT ${LEAVES_MEASURED_MAX}`,
      [size.toString(), network],
    );
  }

  private read(sql: string, parameters: unknown[]): Promise<readonly ReachedLeaf[]> {
    return withDatabase(() => this.dataSource.query(sql, parameters) as Promise<ReachedLeaf[]>);
  }
}

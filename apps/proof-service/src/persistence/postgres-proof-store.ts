import type { NodeId } from '@touchstone/merkle';
import { fromBytea, toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { TreeProfile } from '../domain/batch/stored-tree.js';
import type { StoredAnchor } from '../domain/evidence/evidence-store.js';
import type {
  LeafPlace,
  ProofStore,
  StoredBatch,
  StoredCheckpoint,
  StoredEntry,
} from '../domain/proof/proof-store.js';
import { anchorsJsonSql, chosenCheckpointSql } from './anchors-sql.js';
import { batchNodesSql, logNodesSql, nodeParameters, splitHashes } from './nodes.js';
import { PROOF_SCHEMA as schema } from './schema.js';

interface EntryRow {
  readonly logIndex: string;
  readonly entry: string;
  readonly checkpointSize: string | null;
  readonly note: string | null;
  readonly anchors: StoredAnchor[];
}

interface BatchRow extends EntryRow {
  readonly batchId: string;
  readonly leafCount: number;
  readonly treeProfile: TreeProfile;
}

interface CheckpointRow {
  readonly size: string;
  readonly root: Buffer;
  readonly note: string;
  readonly publishedAt: Date;
  readonly anchors: StoredAnchor[];
}

const BATCH_SQL = `
  SELECT batch.batch_id AS "batchId", batch.log_index::text AS "logIndex", leaf_count AS "leafCount",
         tree_profile AS "treeProfile", entry,
         chosen.size::text AS "checkpointSize", chosen.note,
         ${anchorsJsonSql('anchor.commitment = chosen.commitment')} AS anchors
  FROM ${schema}.batch JOIN ${schema}.log_entry USING (log_index)
  LEFT JOIN LATERAL (${chosenCheckpointSql('batch.log_index')}) AS chosen ON true
  WHERE batch.batch_id = $1`;

const ENTRY_SQL = `
  SELECT object.log_index::text AS "logIndex", entry, chosen.size::text AS "checkpointSize", chosen.note,
         ${anchorsJsonSql('anchor.commitment = chosen.commitment')} AS anchors
  FROM ${schema}.log_object AS object JOIN ${schema}.log_entry USING (log_index)
  LEFT JOIN LATERAL (${chosenCheckpointSql('object.log_index')}) AS chosen ON true
  WHERE object.sha256 = $1`;

const CHECKPOINT_SQL = `
  SELECT head.size::text AS size, root, note, published_at AS "publishedAt",
         ${anchorsJsonSql('anchor.commitment = head.commitment')} AS anchors
  FROM ${schema}.checkpoint AS head WHERE state = 'verified'`;

/** The read model of batches and of the log in PostgreSQL. */
export class PostgresProofStore implements ProofStore {
  constructor(private readonly dataSource: DataSource) {}

  async batch(batchId: string): Promise<StoredBatch | undefined> {
    const [row] = await this.query<BatchRow>(BATCH_SQL, [batchId]);
    if (!row) return undefined;
    const { leafCount, treeProfile } = row;
    return { batchId: row.batchId, leafCount, treeProfile, ...toEntry(row) };
  }

  async entry(sha256: Uint8Array): Promise<StoredEntry | undefined> {
    const [row] = await this.query<EntryRow>(ENTRY_SQL, [toBytea(sha256)]);
    return row && toEntry(row);
  }

  async place(leaf: Uint8Array, batchId?: string): Promise<LeafPlace | undefined> {
    const [row] = await this.query<LeafPlace>(
      `SELECT batch_id AS "batchId", leaf_index AS "leafIndex"
       FROM ${schema}.batch_leaf JOIN ${schema}.batch USING (log_index)
       WHERE leaf = $1 AND ($2::uuid IS NULL OR batch_id = $2) ORDER BY log_index, leaf_index LIMIT 1`,
      [toBytea(leaf), batchId ?? null],
    );
    return row;
  }

  async leaves(logIndex: bigint, offset: number, limit: number): Promise<Uint8Array[]> {
    const rows = await this.query<{ leaf: Buffer }>(
      `SELECT leaf FROM ${schema}.batch_leaf
       WHERE log_index = $1 AND leaf_index >= $2 ORDER BY leaf_index LIMIT $3`,
      [logIndex.toString(), offset, limit],
    );
    return rows.map(({ leaf }) => fromBytea(leaf));
  }

  async nodes(
    logIndex: bigint,
    batchOffsets: readonly number[],
    logNodes: readonly NodeId[],
  ): Promise<{ readonly batch: Uint8Array[]; readonly log: Uint8Array[] }> {
    const [row] = await this.query<{ batch: Buffer | null; log: Buffer | null }>(
      `SELECT ${batchNodesSql('$1', '$2')} AS batch, ${logNodesSql('$3', '$4')} AS log`,
      [logIndex.toString(), batchOffsets, ...nodeParameters(logNodes)],
    );
    return { batch: splitHashes(row?.batch ?? null), log: splitHashes(row?.log ?? null) };
  }

  async newestCheckpoint(): Promise<StoredCheckpoint | undefined> {
    const [row] = await this.query<CheckpointRow>(`${CHECKPOINT_SQL} ORDER BY head.size DESC LIMIT 1`, []);
    return row && toCheckpoint(row);
  }

  async checkpoint(size: bigint): Promise<StoredCheckpoint | undefined> {
    const [row] = await this.query<CheckpointRow>(`${CHECKPOINT_SQL} AND head.size = $1`, [size.toString()]);
    return row && toCheckpoint(row);
  }

  private query<T>(sql: string, parameters: unknown[]): Promise<T[]> {
    return withDatabase(() => this.dataSource.query(sql, parameters) as Promise<T[]>);
  }
}

function toEntry({ logIndex, entry, checkpointSize, note, anchors }: EntryRow): StoredEntry {
  return {
    logIndex: BigInt(logIndex),
    entry,
    checkpoint:
      checkpointSize === null || note === null ? undefined : { size: BigInt(checkpointSize), note, anchors },
  };
}

function toCheckpoint({ size, root, note, publishedAt, anchors }: CheckpointRow): StoredCheckpoint {
  return { size: BigInt(size), root: fromBytea(root), note, publishedAt: publishedAt.toISOString(), anchors };
}

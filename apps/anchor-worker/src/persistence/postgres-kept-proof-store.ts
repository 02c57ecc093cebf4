import type { EvmAnchorProof } from '@touchstone/chain-proofs';
import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { ChainProof } from '../domain/anchor/evm/ports.js';
import type { KeptProofStore } from '../domain/anchor/evm/proving.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

interface KeptRow {
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly recordedInBlock: string;
  readonly recordedAt: string;
  readonly proof: EvmAnchorProof;
}

/** Proofs that wait for their block to become final, in PostgreSQL. */
export class PostgresKeptProofStore implements KeptProofStore {
  constructor(private readonly dataSource: DataSource) {}

  async blocksOf(anchorIds: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    const rows = await this.query<{ anchorId: string; blockNumber: string }>(
      `SELECT anchor_id AS "anchorId", block_number::text AS "blockNumber"
       FROM ${schema}.kept_proof WHERE anchor_id = ANY($1::uuid[])`,
      [anchorIds],
    );
    return new Map(rows.map(({ anchorId, blockNumber }) => [anchorId, BigInt(blockNumber)]));
  }

  async find(anchorId: string): Promise<ChainProof | undefined> {
    const [row] = await this.query<KeptRow>(
      `SELECT block_number::text AS "blockNumber", block_hash AS "blockHash", proof,
              recorded_in_block::text AS "recordedInBlock", recorded_at::text AS "recordedAt"
       FROM ${schema}.kept_proof WHERE anchor_id = $1`,
      [anchorId],
    );
    return (
      row && {
        block: { number: BigInt(row.blockNumber), hash: row.blockHash },
        proof: row.proof,
        recordedIn: { blockNumber: BigInt(row.recordedInBlock), timestamp: BigInt(row.recordedAt) },
      }
    );
  }

  async keep(anchorId: string, { block, proof, recordedIn }: ChainProof): Promise<void> {
    await this.query(
      `INSERT INTO ${schema}.kept_proof
         (anchor_id, block_number, block_hash, recorded_in_block, recorded_at, proof)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (anchor_id) DO UPDATE SET
         block_number = excluded.block_number, block_hash = excluded.block_hash,
         recorded_in_block = excluded.recorded_in_block, recorded_at = excluded.recorded_at,
         proof = excluded.proof, taken_at = excluded.taken_at`,
      [
        anchorId,
        block.number.toString(),
        block.hash,
        recordedIn.blockNumber.toString(),
        recordedIn.timestamp.toString(),
        JSON.stringify(proof),
      ],
    );
  }

  /** Forgets beside it those of anchors that have ended, which a process left that ended between two statements. */
  async drop(anchorId: string): Promise<void> {
    await this.query(
      `DELETE FROM ${schema}.kept_proof USING ${schema}.chain_anchor
       WHERE kept_proof.anchor_id = chain_anchor.anchor_id
         AND (kept_proof.anchor_id = $1 OR chain_anchor.state IN ('final', 'failed'))`,
      [anchorId],
    );
  }

  private query<T>(sql: string, parameters: unknown[]): Promise<T[]> {
    return withDatabase(() => this.dataSource.query(sql, parameters) as Promise<T[]>);
  }
}
